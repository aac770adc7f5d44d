import type { Database } from "bun:sqlite";
import type { RegistryItem } from "../../../utils/registry.ts";

/**
 * One step of the ledger's schema. Steps are only ever added: one that has run on a user's machine is never changed.
 */
export interface Migration extends RegistryItem {
  /** SQL statements, run in one transaction. */
  readonly sql: string;
  /** What SQL alone cannot do; runs after it, in the same transaction. */
  readonly run?: (database: Database) => void;
}
