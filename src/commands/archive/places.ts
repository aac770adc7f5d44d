import { type LogFiles, logFiles } from "../../monitoring/LogFiles.ts";
import { IMPORTED_PRICES } from "../../pricing/imported-prices.ts";
import { USER_PRICES } from "../../pricing/price-table.ts";
import { expand, hubPath, ledgerPath, logDirectory } from "../../utils/paths.ts";
import type { Context } from "../contract.ts";

/** Where the files of a backup are on this machine. */
export interface BackupPlaces {
  readonly ledger: string;
  /** The hub's file. */
  readonly hub: string;
  readonly log: LogFiles;
  /** The log's database. */
  readonly database: string;
  readonly salt: string;
  /** Folder of what hooks of assistants report. */
  readonly hooks: string;
  /** Files that are copied as they are, by their names in a backup. */
  readonly files: Readonly<Record<string, string>>;
}

/** Returns where the files of a backup are on this machine. */
export async function backupPlaces({ settings, places }: Pick<Context, "settings" | "places">): Promise<BackupPlaces> {
  const log = logFiles(await logDirectory(settings, places), places.scope);
  const { pets } = places;
  return {
    ledger: ledgerPath(settings, places),
    hub: hubPath(settings, places),
    log,
    database: settings.dbPath ? expand(settings.dbPath, places) : `${log.directory}/usage.db`,
    salt: log.salt,
    hooks: `${pets}/hooks`,
    files: {
      "settings.env": `${pets}/.env`,
      [USER_PRICES]: `${pets}/${USER_PRICES}`,
      [IMPORTED_PRICES]: `${pets}/${IMPORTED_PRICES}`,
    },
  };
}

/** The path on this machine of a file of a backup. */
export function placeOf(name: string, to: BackupPlaces): string {
  if (name === "ledger.db") return to.ledger;
  if (name === "hub.db") return to.hub;
  if (name === "log/usage.db") return to.database;
  if (name === "log/salt") return to.salt;
  if (name.startsWith("log/")) return `${to.log.directory}/${name.slice("log/".length)}`;
  if (name.startsWith("hooks/")) return `${to.hooks}/${name.slice("hooks/".length)}`;
  const path = to.files[name];
  if (path === undefined) throw new Error(`a backup has no file ${name}`);
  return path;
}
