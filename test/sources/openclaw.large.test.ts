import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { ForeignDatabase } from "../../src/collector/foreign-database.ts";
import { sourceFileOf } from "../../src/collector/source-file.ts";
import { openclaw } from "../../src/sources/openclaw.ts";
import { readDatabase } from "../../src/sources/openclaw/reading.ts";
import { SourceHarness } from "./harness.ts";
import { DATABASE } from "./openclaw.ts";

const MIB = 1_048_576;
const pathIn = (harness: SourceHarness): string => join(harness.home, DATABASE);
const answer = (id: string, more: object = {}): string =>
  JSON.stringify({
    type: "message",
    id,
    timestamp: "2026-11-20T10:00:00.000Z",
    message: { role: "assistant", model: "m", usage: { input: 1, output: 1 }, ...more },
  });

/** Creates a database with these events in one session, one row each, and these packed transcripts. */
function make(harness: SourceHarness, events: readonly string[], transcripts: readonly Uint8Array[] = []): void {
  mkdirSync(dirname(pathIn(harness)), { recursive: true });
  using database = new Database(pathIn(harness), { create: true });
  database.run("CREATE TABLE transcript_events (session_id, seq, event_json, created_at)");
  database.run("CREATE TABLE session_transcript_archives (session_id, generation, archive_blob)");
  for (const [seq, event] of events.entries())
    database.run("INSERT INTO transcript_events VALUES ('s', ?, ?, 1)", [seq, event]);
  for (const [index, packed] of transcripts.entries())
    database.run("INSERT INTO session_transcript_archives VALUES (?, 'g', ?)", [`t${index}`, packed]);
}

describe("a large database of OpenClaw", () => {
  test("has every event counted except one that is larger than OpenClaw allows, which is reported", async () => {
    using harness = new SourceHarness([openclaw]);
    make(harness, [answer("a"), answer("b", { content: "x".repeat(5 * MIB) }), answer("c")]);
    await harness.scan();
    expect(harness.responses.map(({ key }) => key.split(":")[2])).toEqual(["a", "c"]);
    expect(harness.skipped).toEqual([{ path: pathIn(harness), offset: 2, reason: "line_too_long" }]);
  });

  test("can be read on from any transcript, after a kill too", () => {
    using harness = new SourceHarness([openclaw]);
    make(
      harness,
      [],
      ["a", "b", "c"].map((id) => Bun.zstdCompressSync(Buffer.from(answer(id)))),
    );
    const read: string[] = [];
    let memory: unknown = null;
    for (let kills = 0; kills < 3; kills++) {
      using database = new ForeignDatabase(pathIn(harness), true);
      const tables = { ...sourceFileOf(pathIn(harness), 0), ...database.tables(() => {}) };
      const keys: string[] = [];
      const emitter = { memory, emit: ({ key }: { key: string }) => void keys.push(key), skip() {} };
      for (const _ of readDatabase("usage", tables, emitter)) {
        ({ memory } = emitter);
        break;
      }
      read.push(keys.map((key) => key.split(":")[2]).join());
    }
    expect(read).toEqual(["a", "b", "c"]);
  });
});
