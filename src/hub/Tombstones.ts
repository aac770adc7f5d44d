import type { Ledger } from "../ledger/sqlite/Ledger.ts";
import { isMeant, lastPart } from "../model/project.ts";
import type { KeyedHash } from "../model/privacy-rules.ts";
import { type ForgottenHashes, wireLimits } from "../model/wire.ts";
import type { RowPlace } from "../ledger/fold/prepare-rows.ts";

/** What can be forgotten. */
type ForgottenKind = "session" | "project" | "machine";

interface Tombstone {
  readonly kind: ForgottenKind;
  readonly value: string;
  /** "" if it holds for all machines. */
  readonly machine: string;
  readonly at: number;
}

/** What was forgotten, kept in memory, and read again where another process changed it. */
export class Tombstones {
  readonly #ledger: Ledger;
  #version = -1;
  #newest = 0;
  /** Machines, "" for all, by kind and value of what was forgotten. */
  readonly #byValue = new Map<string, Set<string>>();
  #projects: readonly string[] = [];
  /** When each machine was forgotten. */
  #machines: ReadonlyMap<string, number> = new Map();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The number of the newest one. */
  get newest(): number {
    this.refresh();
    return this.#newest;
  }

  /** What concerns a machine, as hashes; the newest first. */
  of(machine: string, hash: KeyedHash): ForgottenHashes {
    const found = this.#ledger.database
      .query<Tombstone, [string, number]>(
        "SELECT kind, value, machine, at FROM tombstone WHERE machine IN ('', ?) ORDER BY seq DESC LIMIT ?",
      )
      .all(machine, wireLimits.forgotten)
      .flatMap(({ kind, value, at }): ForgottenHashes => {
        const one = { kind, hash: hash(value), at };
        if (kind !== "project") return [one];
        const name = lastPart(value);
        return [one, { kind: name === value ? "name" : kind, hash: hash(name), at }];
      });
    return found.slice(0, wireLimits.forgotten);
  }

  /** Adds one; one that is there gets the new time. Call only within a transaction. */
  add({ kind, value, machine, at }: Tombstone): void {
    this.#ledger.database
      .query("INSERT OR REPLACE INTO tombstone (kind, value, machine, at) VALUES (?, ?, ?, ?)")
      .run(kind, value, machine, at);
    this.#version = -1;
  }

  /** Reads them again if another process changed the database since the last call. */
  refresh(): void {
    const { database } = this.#ledger;
    const version = database.query<{ data_version: number }, []>("PRAGMA data_version").get()?.data_version ?? 0;
    if (version === this.#version) return;
    this.#version = version;
    this.#byValue.clear();
    this.#newest = 0;
    const rows = database
      .query<Tombstone & { seq: number }, []>("SELECT seq, kind, value, machine, at FROM tombstone ORDER BY seq")
      .all();
    for (const { seq, kind, value, machine } of rows) {
      const id = `${kind}\n${value}`;
      this.#byValue.set(id, (this.#byValue.get(id) ?? new Set()).add(machine));
      this.#newest = seq;
    }
    const ofMachines = rows.filter(({ kind }) => kind === "machine");
    this.#machines = new Map(ofMachines.map(({ value, at }) => [value, at]));
    this.#projects = rows.filter(({ kind }) => kind === "project").map(({ value }) => value);
  }

  /** Whether an observation of a machine is kept out. Of a forgotten machine, those are that it made before. */
  keepsOut(machine: string, { session, project, at }: RowPlace): boolean {
    if (this.#newest === 0) return false;
    if (at <= (this.#machines.get(machine) ?? -1) || this.#has("session", session, machine)) return true;
    return (
      project !== "" && this.#projects.some((value) => isMeant(project, value) && this.#has("project", value, machine))
    );
  }

  #has(kind: ForgottenKind, value: string, machine: string): boolean {
    const machines = this.#byValue.get(`${kind}\n${value}`);
    return machines !== undefined && (machines.has("") || machines.has(machine));
  }
}
