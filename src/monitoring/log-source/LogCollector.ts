import { Collector, type ScanEnvironment } from "../../collector/Collector.ts";
import type { Ledger } from "../../ledger/sqlite/Ledger.ts";
import type { Settings } from "../../utils/config.ts";
import { expand, logDirectory, type Places } from "../../utils/paths.ts";
import { type LogPlace, logSource } from "./source.ts";

/** Where the log of this machine is according to the settings. */
export async function logPlaceOf(settings: Settings, places: Places): Promise<LogPlace> {
  const directory = await logDirectory(settings, places);
  const path = settings.dbPath ? expand(settings.dbPath, places) : `${directory}/usage.db`;
  // A log in files that is copied to a database is read from the files.
  return { directory, database: settings.storage === "sqlite" ? path : null };
}

/** Reads what was appended to our own log into the ledger of a machine that sends its observations to a hub. */
export class LogCollector {
  readonly #collector: Collector;

  constructor(ledger: Ledger, place: LogPlace, { env, home, now }: ScanEnvironment) {
    // Without threads: these look for assistants only, and a log is small.
    this.#collector = new Collector(ledger, [logSource(place)], { env, home, now });
  }

  /** Reads everything new; it costs a few file stats if nothing is. Throws what the ledger throws. */
  async scan(signal?: AbortSignal): Promise<void> {
    const options = signal ? { signal } : {};
    await this.#collector.scan("usage", options);
    // Finds no activity, but else the ledger would say that some of it has not been read.
    await this.#collector.scan("activity", options);
  }
}
