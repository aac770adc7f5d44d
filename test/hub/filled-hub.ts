import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Reader, type HubReaderOptions } from "../../src/hub/reader/Reader.ts";
import type { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { EventsFrame, Level } from "../../src/model/wire.ts";
import { NOW } from "../reports/sample.ts";
import type { hubOf } from "./harness.ts";
import { expectFrame, helloOf, joined } from "./harness.ts";
import { served } from "./server-harness.ts";

const entryFile = join(import.meta.dir, "../../src/cli.ts");
/** Rows of one frame. */
const FRAME_ROWS = 500;

/** Sends all rows of a machine's ledger to a hub, as they are or at another level. */
export async function sendAll(
  hub: ReturnType<typeof hubOf>["hub"],
  name: string,
  ledger: Ledger,
  level: Level = "details",
): Promise<void> {
  const { machine, ask } = joined(hub, name, ledger.machine);
  expectFrame(await ask(helloOf(machine, { level, epoch: "e1" })), "welcome");
  const rows = ledger.database
    .query<{ key: string; source: string; body: string }, []>("SELECT key, source, body FROM journal ORDER BY seq")
    .all();
  for (let from = 0; from < rows.length; from += FRAME_ROWS) {
    const part = rows.slice(from, from + FRAME_ROWS);
    const groups = [...Map.groupBy(part, ({ source }) => source)].map(([source, some]) => ({
      source,
      reader: 1,
      level,
      rows: some.map(({ key, body }) => [key, body] as const),
    }));
    const frame: EventsFrame = { type: "events", epoch: "e1", from, upto: from + part.length, groups };
    const ack = expectFrame(await ask(frame), "ack");
    if (ack.refused && ack.refused.length > 0) throw new Error(`refused: ${JSON.stringify(ack.refused[0])}`);
  }
}

/** A hub in a file with the machines of some ledgers, its server, and the process that reads it. The time is that of the sample. */
export async function filledHub(ledgers: Readonly<Record<string, Ledger>>, limits: HubReaderOptions["limits"] = {}) {
  const folder = mkdtempSync(join(tmpdir(), "pawprint-hub-"));
  const store = join(folder, "hub.db");
  const reader = new Reader({
    entryFile,
    store,
    pets: folder,
    now: () => NOW,
    keepDays: (intervals) => made.hub.ledger.keepDays(intervals),
    limits,
  });
  const made = served({ read: (name, params, identity) => reader.ask(name, params, identity) }, store);
  for (const [name, ledger] of Object.entries(ledgers)) await sendAll(made.hub, name, ledger);
  made.hub.tick();
  return {
    ...made,
    folder,
    store,
    reader,
    async [Symbol.asyncDispose]() {
      reader[Symbol.dispose]();
      await made[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
