import type { Database } from "bun:sqlite";
import { randomBytes } from "node:crypto";
import { metaOf, setMeta } from "../ledger/sqlite/identity.ts";
import type { Ledger } from "../ledger/sqlite/Ledger.ts";
import { SharedLedger } from "../ledger/sqlite/SharedLedger.ts";
import { createSql } from "../ledger/tables/table.ts";
import { hubTables } from "./tables.ts";

/** How long a hub waits for another process that writes into its file, milliseconds. */
const BUSY_MS = 5_000;
const KEY_BYTES = 32;

/** The steps that make the hub's tables. They are only ever added. */
const steps = hubTables.map((tables, version) => (database: Database): void => {
  for (const table of tables) database.run(createSql(table));
  if (version === 0) setMeta(database, "hub_key", randomBytes(KEY_BYTES).toString("base64url"));
});

/**
 * Opens or creates hub.db: a ledger of several machines, with the hub's tables in the same file. `host` returns this machine's
 * name for people. Throws what Ledger throws.
 */
export function openStore(path: string, host: () => string): SharedLedger {
  const ledger = new SharedLedger(path, host, { busyMs: BUSY_MS });
  try {
    ledger.extend("hub", steps);
    return ledger;
  } catch (error) {
    ledger[Symbol.dispose]();
    throw error;
  }
}

/** What a running hub leaves for other processes: the address that machines use, and the hash of its self-made key. */
export interface StoredAddress {
  readonly url: string;
  readonly pin: string | null;
}

/** The address that the hub last had; null if it never ran. */
export function addressIn({ database }: Ledger): StoredAddress | null {
  const [url, pin] = [metaOf(database, "hub_url"), metaOf(database, "hub_pin")];
  return url === null ? null : { url, pin: pin === "" ? null : pin };
}

/** Stores the address of a hub that has started. */
export function putAddress(ledger: SharedLedger, { url, pin }: StoredAddress): void {
  ledger.transaction((database) => {
    setMeta(database, "hub_url", url);
    setMeta(database, "hub_pin", pin ?? "");
  });
}

/** The key of the hub's hashes of branches, e-mail addresses and accounts: 32 bytes in base64url. */
export const hashKeyOf = ({ database }: Ledger): string => metaOf(database, "hub_key") ?? "";
