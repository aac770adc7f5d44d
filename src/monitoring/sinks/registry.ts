import type { Settings } from "../../utils/config.ts";
import { expand, type Places } from "../../utils/paths.ts";
import { find } from "../../utils/registry.ts";
import type { OpenSink, Sink } from "./contract.ts";
import { hybrid } from "./hybrid.ts";
import { jsonl } from "./jsonl.ts";
import { sqlite } from "./sqlite.ts";

/** The registry of sinks. */
export const sinks: readonly Sink[] = [jsonl, sqlite, hybrid];

/** Opens the sink that the settings name for a log directory. */
export function openSink(settings: Settings, places: Places, directory: string): OpenSink {
  const dbPath = settings.dbPath ? expand(settings.dbPath, places) : `${directory}/usage.db`;
  const { maxSize, maxFiles } = settings;
  return find(sinks, settings.storage, "storage type").open({ directory, dbPath, maxSize, maxFiles });
}
