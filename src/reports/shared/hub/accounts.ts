import type { AccountLimitRow, StatusRow } from "../../../ledger/log-rows.ts";
import { listOf } from "../members.ts";
import type { ReportMember } from "../report.ts";

/** Characters of the hash of an account that are shown: enough to distinguish the accounts of a hub. */
const SHOWN_HASH = 8;
/** Persons or machines by which an account is named. */
const MAX_NAMED = 3;

/** Who uses which account, as far as the logs of the machines say; accounts are keyed hashes, so they are named by who uses them. */
export class HubAccounts {
  readonly #members: ReadonlyMap<string, ReportMember>;
  readonly #signedIn = new Map<string, string>();
  readonly #machines = new Map<string, Set<string>>();

  /** `readings` are limits that machines read, which show that they use the account. */
  constructor(statuses: readonly StatusRow[], readings: readonly AccountLimitRow[], members: readonly ReportMember[]) {
    this.#members = new Map(members.map((one) => [one.machine, one]));
    for (const { machine, scope, account } of statuses)
      if (account !== "") this.#signedIn.set(placeOf(machine, scope), account);
    for (const one of [...statuses, ...readings]) {
      const id = this.idOf(one);
      this.#machines.set(id, (this.#machines.get(id) ?? new Set()).add(one.machine));
    }
  }

  /** Identifies an account: its hash, or where the log names none, the machine and its way of signing in. */
  idOf({ account, machine, scope }: Pick<StatusRow, "account" | "machine" | "scope">): string {
    return account || (this.#signedIn.get(placeOf(machine, scope)) ?? placeOf(machine, scope));
  }

  /** The ids of all machines that use an account. */
  machinesOf = (id: string): readonly string[] => [...(this.#machines.get(id) ?? [])];

  /** All accounts that a machine uses. */
  accountsOf = (machine: string): readonly string[] =>
    [...this.#machines].flatMap(([id, machines]) => (machines.has(machine) ? [id] : []));

  /** The name of a machine; its id if the hub does not know it. */
  machineName = (machine: string): string => this.#members.get(machine)?.name ?? machine;
  personOf = (machine: string): string | null => this.#members.get(machine)?.person || null;

  /** The persons that use an account, or the machines of which nobody is named. */
  usersOf(id: string): readonly string[] {
    return [...new Set(this.machinesOf(id).map((one) => this.personOf(one) ?? this.machineName(one)))].toSorted();
  }

  /** An account as it is shown: who uses it, and the beginning of its hash. */
  nameOf(id: string): string {
    const named = listOf(this.usersOf(id), MAX_NAMED);
    return isPlace(id) ? `${named} (account not known)` : `${named} (${id.slice(0, SHOWN_HASH)})`;
  }

  /** The hash of an account; null if the log names none. */
  hashOf = (id: string): string | null => (isPlace(id) ? null : id);
}

/** Stands between a machine and its way of signing in; no hash contains it. */
const BETWEEN = "\n";
const placeOf = (machine: string, scope: string): string => `${machine}${BETWEEN}${scope}`;
const isPlace = (id: string): boolean => id.includes(BETWEEN);
