import type { Statement } from "bun:sqlite";
import type { LedgerMachine } from "../ledger/sqlite/identity.ts";
import type { SharedLedger } from "../ledger/sqlite/SharedLedger.ts";
import { columnsOf, type ColumnValue, insertSql, rowOf } from "../ledger/tables/table.ts";
import type { EventsFrame, Level } from "../model/wire.ts";
import { PawprintError } from "../utils/errors.ts";
import { fields } from "../utils/json.ts";
import type { AuditLog } from "./AuditLog.ts";
import type { Connections } from "./Connections.ts";
import type { Identity } from "./identity.ts";
import type { Member, Members } from "./services.ts";
import { member } from "./tables.ts";

type MemberRow = Omit<Member, "pending" | "level" | "provenance"> & {
  readonly pending: string;
  readonly level: string;
  readonly provenance: string;
};
type NewMember = Pick<Member, "machine" | "name" | "person" | "provenance" | "born">;

const NEW = {
  seen: null,
  revoked: null,
  program: "",
  platform: "",
  fingerprint: "",
  skew: 0,
  level: "metrics",
  details: 0,
  pending: {},
  late: 0,
  refused: 0,
  conflict: null,
} as const;
const cellsOf = rowOf(member);
const memberOf = (row: MemberRow): Member => ({
  ...row,
  level: row.level as Level,
  provenance: row.provenance as Member["provenance"],
  pending: fields(JSON.parse(row.pending)) as Record<string, number>,
});

const COLUMNS = columnsOf(member).join(", ");

/** The members in hub.db that a condition selects, as they were written last. */
export const membersIn = ({ database }: Pick<SharedLedger, "database">, where: string, ...values: string[]): Member[] =>
  database
    .query<MemberRow, string[]>(`SELECT ${COLUMNS} FROM member ${where}`)
    .all(...values)
    .map(memberOf);

/**
 * The machines of a hub, in hub.db. What a machine says about itself is kept in memory and written now and then (`flush`):
 * a hub with thousands of machines would otherwise wait for the disk at each sign of life.
 */
export class StoredMembers implements Members {
  readonly #ledger: SharedLedger;
  readonly #audit: AuditLog;
  readonly #connections: Connections;
  readonly #now: () => number;
  readonly #owner: Statement<LedgerMachine, [machine: string]>;
  readonly #said = new Map<string, Partial<Member>>();
  /** What machines still have to send, as they last said, less what has arrived since. */
  readonly #pending = new Map<string, Record<string, number>>();

  constructor(ledger: SharedLedger, audit: AuditLog, connections: Connections, now: () => number) {
    this.#ledger = ledger;
    this.#audit = audit;
    this.#connections = connections;
    this.#now = now;
    this.#owner = ledger.database.prepare("SELECT machine AS id, name, born FROM member WHERE machine = ?");
  }

  all(): Member[] {
    return this.#select("ORDER BY name");
  }

  find(nameOrId: string): Member | null {
    return this.#select("WHERE machine = ?", nameOrId)[0] ?? this.#select("WHERE name = ?", nameOrId)[0] ?? null;
  }

  add(one: NewMember, by: Identity): Member {
    const { machine, name, born } = one;
    return this.#ledger.transaction((database) => {
      const known = this.find(machine);
      const namesake = this.find(name);
      if (namesake && namesake.machine !== machine) throw nameTaken(name);
      if (known && known.name !== name) throw machineKnown(known.name);
      const fresh: Member = { ...NEW, joined: this.#now(), ...known, ...one, revoked: null };
      const cells = cellsOf({
        ...fresh,
        born: Math.min(born, known?.born ?? born),
        pending: JSON.stringify(fresh.pending),
      });
      database.query<unknown, ColumnValue[]>(insertSql(member, columnsOf(member), "INSERT OR REPLACE")).run(...cells);
      this.#audit.add(by, "login", `${name} (${machine})`);
      return fresh;
    });
  }

  saw(machine: string, said: Partial<Member>): void {
    if (said.pending) this.#pending.set(machine, { ...said.pending });
    this.#said.set(machine, { ...this.#said.get(machine), ...said, seen: this.#now() });
  }

  rename(machine: string, name: string, by: Identity): void {
    this.#ledger.transaction((database) => {
      const known = this.#known(machine);
      const namesake = this.find(name);
      if (namesake && namesake.machine !== known.machine) throw nameTaken(name);
      database.query("UPDATE member SET name = ? WHERE machine = ?").run(name, known.machine);
      database.query("UPDATE machine SET name = ? WHERE id = ?").run(name, known.machine);
      this.#audit.add(by, "rename", `${known.name} (${known.machine}) to ${name}`);
    });
  }

  revoke(machine: string, by: Identity): void {
    const known = this.#known(machine);
    const now = this.#now();
    this.#ledger.transaction((database) => {
      database.query("UPDATE member SET revoked = ? WHERE machine = ?").run(now, known.machine);
      this.#audit.add(by, "revoke", `${known.name} (${known.machine})`);
      this.endTokens(known.machine);
    });
  }

  /** Ends all tokens of a machine, by id, and closes its connections. Call only within a transaction. */
  endTokens(machine: string): void {
    this.#ledger.database
      .query("UPDATE token SET revoked = ? WHERE machine = ? AND revoked IS NULL")
      .run(this.#now(), machine);
    this.#connections.end((identity) => identity.machine === machine);
  }

  /** A machine as the owner of rows. */
  ownerOf(machine: string): LedgerMachine {
    return this.#owner.get(machine) ?? { id: machine, name: machine, born: this.#now() };
  }

  /** Notes that rows of a machine have arrived, by assistant. */
  arrived(machine: string, groups: EventsFrame["groups"]): void {
    const pending = this.#pending.get(machine);
    if (!pending) return;
    for (const { source, rows } of groups) {
      const left = (pending[source] ?? 0) - rows.length;
      if (left > 0) pending[source] = left;
      else delete pending[source];
    }
    if (Object.keys(pending).length === 0) this.#pending.delete(machine);
    this.saw(machine, { pending });
  }

  /** Counts rows that were not folded. Call only within a transaction. */
  count(machine: string, { late, refused }: { readonly late: number; readonly refused: number }): void {
    this.#ledger.database
      .query("UPDATE member SET late = late + ?, refused = refused + ? WHERE machine = ?")
      .run(late, refused, machine);
  }

  /** Notes that there are rows of a machine at level details. Call only within a transaction. */
  hasDetails(machine: string): void {
    this.#ledger.database.query("UPDATE member SET details = 1 WHERE machine = ?").run(machine);
  }

  /** Writes what machines said about themselves. Call only within a transaction. */
  flush(): void {
    for (const [machine, said] of this.#said) {
      const names = Object.keys(said) as (keyof Member)[];
      const cells = names.map((name) =>
        name === "pending" ? JSON.stringify(said[name]) : (said[name] as ColumnValue),
      );
      this.#ledger.database
        .query<unknown, ColumnValue[]>(
          `UPDATE member SET ${names.map((name) => `${name} = ?`).join(", ")} WHERE machine = ?`,
        )
        .run(...cells, machine);
    }
  }

  /** Forgets what `flush` has written, once that is committed. */
  written(): void {
    this.#said.clear();
  }

  /** Whether `flush` has something to write. */
  get hasNews(): boolean {
    return this.#said.size > 0;
  }

  #known(nameOrId: string): Member {
    const known = this.find(nameOrId);
    if (!known) throw new PawprintError("not_found", `no machine ${nameOrId} is known`, "see: pawprint machines");
    return known;
  }

  #select(where: string, ...values: string[]): Member[] {
    return membersIn(this.#ledger, where, ...values).map((one) => ({ ...one, ...this.#said.get(one.machine) }));
  }
}

const nameTaken = (name: string): PawprintError =>
  new PawprintError(
    "machine_known",
    `another machine has the name ${name}`,
    "choose another name, or rename that one: pawprint rename",
  );

const machineKnown = (name: string): PawprintError =>
  new PawprintError(
    "machine_known",
    `the hub knows this machine as ${name}`,
    `to go on as it, use an invitation for that name: pawprint invite ${name}`,
  );
