import { about } from "./client/about.ts";
import { param, setParams } from "./client/location.ts";

/** The most characters of a name in the list, which the browser makes as wide as its longest text. */
const LONGEST = 60;

const cut = (name: string): string => (name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name);

/** Whose usage is shown: all machines of a hub, one of them, or those of a person. Typing the beginning of a name finds it. */
export function MachineSelect() {
  const { kind, name: own, machines = [] } = about.value ?? {};
  if (own === undefined) return null;
  const [machine, person] = [param("machine"), param("person")];
  const [only] = machines;
  if (kind !== "hub" || (machines.length === 1 && machine === null && person === null)) {
    const name = kind === "hub" && only ? only.name : own;
    return (
      <span class="soft clip" title={name}>
        {name}
      </span>
    );
  }
  const names = machines.map(({ name }) => name);
  const persons = [...new Set(machines.map((one) => one.person))].filter((one) => one !== "").toSorted();
  // The address may name a machine or a person that is not known, or no longer.
  const isKnown = (name: string | null, of: readonly string[]): boolean => name === null || of.includes(name);
  return (
    <select
      aria-label="Machine or person"
      value={person !== null ? `person:${person}` : machine !== null ? `machine:${machine}` : ""}
      onChange={({ currentTarget: { value } }) =>
        setParams({
          machine: value.startsWith("machine:") ? value.slice("machine:".length) : null,
          person: value.startsWith("person:") ? value.slice("person:".length) : null,
          page: null,
        })
      }
    >
      <option value="">{machines.length === 1 ? "1 machine" : `All ${machines.length} machines`}</option>
      <Group label="Machines" kind="machine" names={isKnown(machine, names) ? names : [...names, machine ?? ""]} />
      <Group label="Persons" kind="person" names={isKnown(person, persons) ? persons : [...persons, person ?? ""]} />
    </select>
  );
}

const Group = ({ label, kind, names }: { label: string; kind: "machine" | "person"; names: readonly string[] }) =>
  names.length === 0 ? null : (
    <optgroup label={label}>
      {names.map((name) => (
        <option key={name} value={`${kind}:${name}`} title={name}>
          {cut(name)}
        </option>
      ))}
    </optgroup>
  );
