import { mkdirSync } from "node:fs";
import { z } from "zod";
import { levels } from "../model/wire.ts";
import { readOwn, replaceFile } from "../utils/files.ts";
import { refuseRootInForeignDirectorySync } from "../utils/ownership.ts";
import type { Places } from "../utils/paths.ts";

const hubMemory = z.object({
  /** Epoch milliseconds; null if the hub never answered. */
  lastContact: z.number().nullable(),
  clockSkewMs: z.number().nullable(),
  /** Rows that the hub did not take, the newest of them named. */
  refused: z.number(),
  named: z.array(z.object({ key: z.string(), code: z.string(), reason: z.string() })),
  late: z.number(),
  unsendable: z.array(z.string()),
  problem: z.object({ code: z.string(), message: z.string(), at: z.number() }).nullable(),
  warning: z.string().nullable(),
});

const schema = z.object({
  version: z.literal(1),
  /** Directories whose .pawprint file lowered what leaves, with its word. */
  lowered: z.array(z.tuple([z.string(), z.enum(["off", ...levels])])),
  hubs: z.record(z.string(), hubMemory),
});

/** What is known of a hub since it was last reached. */
export type HubMemory = z.infer<typeof hubMemory>;
/** What `sync` keeps between two runs, besides the ledger. */
export type SyncMemory = z.infer<typeof schema>;

/** Before anything was sent to a hub. */
export const noHubMemory: HubMemory = {
  lastContact: null,
  clockSkewMs: null,
  refused: 0,
  named: [],
  late: 0,
  unsendable: [],
  problem: null,
  warning: null,
};

/** Largest file that is read, bytes: ten thousand directories. */
const MAX_BYTES = 4_194_304;

/** Path of sync.json. Mode 0600. */
export const syncMemoryPath = (places: Places): string => `${places.pets}/sync.json`;

/** Reads what was kept; a damaged file counts as none. Throws file_refused for a file that is not ours. */
export function readSyncMemory(places: Places): SyncMemory {
  const text = readOwn(syncMemoryPath(places), MAX_BYTES);
  const none: SyncMemory = { version: 1, lowered: [], hubs: {} };
  if (text === null) return none;
  const found = schema.safeParse(parsed(text));
  return found.success ? found.data : none;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Keeps something. Another process may have written meanwhile: of its hubs, those of `memory` are replaced. */
export function writeSyncMemory(places: Places, memory: SyncMemory): void {
  const before = readSyncMemory(places);
  const merged: SyncMemory = { ...memory, hubs: { ...before.hubs, ...memory.hubs } };
  if (JSON.stringify(before) === JSON.stringify(merged)) return;
  // With PET_LEDGER_PATH there may be a ledger, but no directory of ours yet.
  refuseRootInForeignDirectorySync(syncMemoryPath(places));
  mkdirSync(places.pets, { recursive: true, mode: 0o700 });
  replaceFile(syncMemoryPath(places), `${JSON.stringify(merged)}\n`);
}
