import type { Ledger } from "../ledger/sqlite/Ledger.ts";
import type { Identity } from "./identity.ts";

/** Entries that are kept, and characters of what each says. */
const [MAX_ENTRIES, MAX_DETAIL] = [100_000, 500];

/** What people do to a hub. */
export type AuditedAction = "invite" | "login" | "revoke" | "rename" | "forget" | "token";

/** One entry: epoch milliseconds, the name of the token that was used, and what was done. */
export interface AuditEntry {
  readonly at: number;
  readonly actor: string;
  readonly what: string;
  readonly detail: string;
}

/** The audit log of a hub: its newest entries. It never holds a token or a code. */
export class AuditLog {
  readonly #ledger: Ledger;
  readonly #now: () => number;

  constructor(ledger: Ledger, now: () => number) {
    this.#ledger = ledger;
    this.#now = now;
  }

  /** Adds an entry; within a transaction it is part of that. */
  add(by: Identity, what: AuditedAction, detail: string): void {
    const { database } = this.#ledger;
    const { lastInsertRowid } = database
      .query("INSERT INTO audit (at, actor, what, detail) VALUES (?, ?, ?, ?)")
      .run(this.#now(), by.name, what, detail.slice(0, MAX_DETAIL));
    database.query("DELETE FROM audit WHERE seq <= ?").run(Number(lastInsertRowid) - MAX_ENTRIES);
  }

  /** The newest entries first. */
  newest(limit: number): AuditEntry[] {
    return this.#ledger.database
      .query<AuditEntry, [number]>("SELECT at, actor, what, detail FROM audit ORDER BY seq DESC LIMIT ?")
      .all(limit);
  }
}
