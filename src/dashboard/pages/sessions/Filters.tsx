import { useEffect, useRef, useState } from "preact/hooks";
import { param, setParams } from "../../client/location.ts";
import { type PageReport, useReport } from "../../client/reports.ts";
import type { Params } from "../../client/api.ts";
import { modelText, projectText } from "../../text.ts";

/** A search is asked for after a pause of this long in typing, milliseconds. */
const TYPING_MS = 250;

/** What the sessions are filtered by. */
interface SessionFilter {
  /** The parameter of the address, and the option of the reports. */
  readonly name: string;
  readonly label: string;
  /** The report that has the choices, its list of them in JSON, and the field of their values. */
  readonly report: string;
  readonly list: string;
  readonly field: string;
  /** The text of a choice, by its value or its entry in the list. */
  readonly textOf: (value: string, entry: Readonly<Record<string, unknown>>) => string;
}

const FILTERS: readonly SessionFilter[] = [
  { name: "project", label: "project", report: "projects", list: "projects", field: "project", textOf: projectText },
  { name: "branch", label: "branch", report: "branches", list: "branches", field: "branch", textOf: (value) => value },
  { name: "model", label: "model", report: "models", list: "models", field: "modelName", textOf: modelText },
  {
    name: "source",
    label: "assistant",
    report: "sources",
    list: "sources",
    field: "source",
    textOf: (value, { title }) => (typeof title === "string" ? title : value),
  },
];

/** The filters of the address, as options of reports. */
export const filterParams = (): Params => Object.fromEntries(FILTERS.map(({ name }) => [name, param(name)]));

/** The field that searches: project, branch, model, assistant, machine, person or id. */
export function Search() {
  const given = param("match") ?? "";
  const [text, setText] = useState(given);
  const asked = useRef(given);
  // Of what was typed meanwhile, a search of this field takes nothing back.
  useEffect(() => {
    if (given !== asked.current) setText(given);
    asked.current = given;
  }, [given]);
  useEffect(() => {
    if (text === given) return undefined;
    const timer = setTimeout(() => {
      asked.current = text;
      setParams({ match: text, page: null }, true);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      type="search"
      data-search
      class="search"
      aria-label="Search sessions by project, branch, model, assistant, machine, person or id"
      placeholder="Search: project, branch, model, person …"
      title="Key: /"
      maxLength={200}
      value={text}
      onInput={({ currentTarget }) => setText(currentTarget.value)}
    />
  );
}

/** A select for each filter, with what the range has. */
export function Filters({ range }: { range: Params }) {
  return (
    <>
      {FILTERS.map((filter) => (
        <FilterSelect key={filter.name} filter={filter} range={range} />
      ))}
    </>
  );
}

function FilterSelect({ filter, range }: { filter: SessionFilter; range: Params }) {
  const { name, label, report, textOf } = filter;
  const value = param(name) ?? "";
  const known = choicesOf(useReport(report, range, false), filter);
  const choices =
    value === "" || known.some(([one]) => one === value) ? known : [[value, textOf(value, {})] as const, ...known];
  // With one there is nothing to choose.
  if (choices.length < 2 && value === "") return null;
  return (
    <select
      aria-label={`Only one ${label}`}
      value={value}
      class={value === "" ? "" : "chosen"}
      onChange={({ currentTarget }) => setParams({ [name]: currentTarget.value, page: null })}
    >
      <option value="">any {label}</option>
      {choices.map(([one, text]) => (
        <option key={one} value={one}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** The values of a filter with their texts, by text; values that share a text are shown in full. */
function choicesOf({ data }: PageReport, { list, field, textOf }: SessionFilter): (readonly [string, string])[] {
  const entries = ((data?.json as Record<string, unknown> | undefined)?.[list] ?? []) as readonly Record<
    string,
    unknown
  >[];
  const texts = new Map(
    entries.flatMap((entry) => {
      const value = entry[field];
      return typeof value === "string" && value !== "" ? [[value, textOf(value, entry)] as const] : [];
    }),
  );
  const byText = Map.groupBy(texts, ([, text]) => text);
  return [...byText]
    .flatMap(([text, some]) => some.map(([value]) => [value, some.length > 1 ? value : text] as const))
    .toSorted(([, a], [, b]) => a.localeCompare(b));
}
