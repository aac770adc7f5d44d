import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openclaw } from "../../src/sources/openclaw.ts";
import { assistants, scanned, SourceHarness } from "./harness.ts";
import { complete, DATABASE, RECORDED, recorded } from "./openclaw.ts";
import { sumOf } from "./truth.ts";
import { write } from "./writer.ts";

const [home] = recorded;
if (!home) throw new Error("no recorded home");

const truth = sumOf(complete);
const all = ({ totals }: SourceHarness): number => totals.input + totals.output + totals.cacheRead + totals.cacheWrite;
const pathIn = (harness: SourceHarness): string => join(harness.home, DATABASE);
/** The facts in the ledger, which do not depend on when a scan ran. */
const facts = (harness: SourceHarness): readonly string[] => harness.dump().facts;

function ask<Row>(sql: string, ...values: string[]): Row[] {
  using database = new Database(join(assistants, RECORDED), { readonly: true });
  return database.query<Row, string[]>(sql).all(...values);
}
interface EventRow {
  readonly event_json: string | null;
  readonly event_zstd: Uint8Array<ArrayBuffer> | null;
}
const jsonOf = ({ event_json, event_zstd }: EventRow): string =>
  event_json ?? Buffer.from(Bun.zstdDecompressSync(event_zstd ?? new Uint8Array())).toString();

interface Usage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}
const sum = (usages: readonly (Usage | undefined)[]): number =>
  usages.reduce((total, one) => total + (one ? one.input + one.output + one.cacheRead + one.cacheWrite : 0), 0);

describe("the recorded database of OpenClaw", () => {
  test("is counted exactly by class, session and model: 202,582 tokens in total", async () => {
    using harness = await scanned(openclaw, home.place);
    expect(harness.totals).toEqual(home.truth);
    expect([all(harness), truth]).toEqual([202_582, 202_582]);
    const longWrites = harness.responses.reduce((total, { cacheWrite1h }) => total + cacheWrite1h, 0);
    expect(longWrites).toBe(sumOf(complete, ({ cacheWrite1h }) => cacheWrite1h));
    expect(harness.skipped).toEqual([]);
    expect((await harness.scan()).files).toBe(0);
  });

  test("has OpenClaw's own cost, the working directory, and the version that began each session", async () => {
    using harness = await scanned(openclaw, home.place);
    expect(harness.responses[0]).toMatchObject({ cost: 12_968_550, costKind: 2, project: "/home/user/proj" });
    expect(harness.all("SELECT DISTINCT version FROM session")).toEqual([{ version: "2026.9.6" }]);
  });

  test("has tools by exit code, durations, changed lines, git operations, nested tools and prompts", async () => {
    using harness = await scanned(openclaw, home.place);
    const of = (action: string) => harness.actions.filter((one) => one.action === action);
    // Commands with exit code 3 are written as completed. "tool_call" only runs another tool.
    expect(
      of("tool")
        .filter(({ ok }) => ok === 0)
        .map(({ name }) => name),
    ).toEqual(["edit", "exec", "exec", "sessions_spawn", "sessions_yield"]);
    expect(of("tool")).toHaveLength(complete.flatMap(({ calls }) => calls).length);
    expect(of("tool").find(({ name }) => name === "exec")?.duration).toBe(256);
    expect(of("file").map(({ name, target, added, removed }) => ({ name, target, added, removed }))).toEqual([
      { name: "create", target: "/home/user/proj/note.txt", added: 3, removed: 0 },
      { name: "update", target: "/home/user/proj/note.txt", added: 2, removed: 1 },
    ]);
    expect(of("git").map(({ name }) => name)).toEqual(["add", "commit"]);
    expect(of("agent")).toHaveLength(1);
    expect(of("prompt")[0]?.length).toBe("hello T:plainA".length);
    // One of the prompts is compressed.
    const users = ask<EventRow>("SELECT event_json, event_zstd FROM transcript_events")
      .map((row) => JSON.parse(jsonOf(row)) as { message?: { role: string } })
      .filter(({ message }) => message?.role === "user");
    expect(of("prompt")).toHaveLength(users.length);
  });
});

describe("naive counting rules for OpenClaw", () => {
  test("the tokens of the list of sessions are those of the last turn: 36% too little", () => {
    const nodes = ask<{ entry_json: string }>("SELECT entry_json FROM session_nodes").map(
      ({ entry_json }) => JSON.parse(entry_json) as { inputTokens?: number; outputTokens?: number } & Partial<Usage>,
    );
    const tokens = nodes.map((one) => ({
      input: one.inputTokens ?? 0,
      output: one.outputTokens ?? 0,
      cacheRead: one.cacheRead ?? 0,
      cacheWrite: one.cacheWrite ?? 0,
    }));
    expect(sum(tokens)).toBe(130_597);
  });

  test("adding the runtime events to the transcripts counts everything twice", () => {
    const rows = ask<{ event_json: string }>(
      "SELECT event_json FROM trajectory_runtime_events WHERE event_json ->> 'type' = 'model.completed'",
    );
    const turns = rows.map(({ event_json }) => (JSON.parse(event_json) as { data: { usage?: Usage } }).data.usage);
    expect(sum(turns) + truth).toBe(2 * truth);
    expect(turns.length).toBeLessThan(complete.length);
  });
});

const EVENTS = "transcript_events";
/** Restores rows of a session from the recorded database. */
const restore = (where: string): string =>
  `ATTACH '${join(assistants, RECORDED)}' AS whole; INSERT OR IGNORE INTO main.${EVENTS} SELECT * FROM whole.${EVENTS} WHERE ${where} ORDER BY rowid;`;

describe("a database of OpenClaw that changes", () => {
  test("gives the same facts if it grows row by row", async () => {
    using whole = await scanned(openclaw, home.place);
    using harness = new SourceHarness([openclaw]);
    home.place(harness);
    write(pathIn(harness), `DELETE FROM ${EVENTS}`);
    for (let row = 0; row <= 125; row += 5) {
      write(pathIn(harness), restore(`rowid > ${row - 5} AND rowid <= ${row}`));
      await harness.scan();
    }
    expect(facts(harness)).toEqual(facts(whole));
  });

  test("has events in either column, and skips what is no compressed event", async () => {
    using harness = new SourceHarness([openclaw]);
    home.place(harness);
    using database = new Database(pathIn(harness));
    const pack = database.prepare(
      `UPDATE ${EVENTS} SET event_json = NULL, event_zstd = ?, event_utf8_bytes = ?, navigation_json = ? WHERE rowid = ?`,
    );
    const counts = "'$.modelBytes', 0, '$.modelWithoutCheckpointBytes', 0, '$.withoutCustomDataBytes', 0";
    const [{ navigation } = { navigation: "" }] = database
      .query<{ navigation: string }, []>(
        `SELECT json_set('{"version":1,"report":{"kind":"canonical"},"navigation":{},"reset":{},"model":{}}', ${counts}) AS navigation`,
      )
      .all();
    const rows = database
      .query<{ row: number; json: string }, []>(
        `SELECT rowid AS row, event_json AS json FROM ${EVENTS} WHERE event_json IS NOT NULL`,
      )
      .all();
    for (const { row, json } of rows) pack.run(Bun.zstdCompressSync(Buffer.from(json)), json.length, navigation, row);
    const bomb = Bun.zstdCompressSync(Buffer.alloc(64 * 1_048_576));
    const insert = database.prepare(`INSERT INTO ${EVENTS} VALUES ('s1', ?, NULL, 1, ?, 100, ?)`);
    for (const [seq, bytes] of [bomb, bomb.subarray(0, 40), Buffer.from("abc")].entries())
      insert.run(1_000 + seq, bytes, navigation);
    database.close();
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
    expect(harness.skipped.map(({ reason }) => reason)).toEqual(["bad_json", "bad_json", "bad_json"]);
  });
});

/** Deletes a session as OpenClaw does: its rows go, and its lines are kept in a file, in another table, or in both. */
function deleteSession(harness: SourceHarness, session: string, keep: "file" | "table" | "both"): void {
  const rows = ask<EventRow>(`SELECT event_json, event_zstd FROM ${EVENTS} WHERE session_id = ? ORDER BY seq`, session);
  const packed = Bun.zstdCompressSync(Buffer.from(rows.map((row) => `${jsonOf(row)}\n`).join("")));
  const name = `${session}.jsonl.deleted.2026-11-29T03-10-00.000Z.0123abcd.zst`;
  if (keep !== "table") {
    const path = join(dirname(dirname(pathIn(harness))), "sessions", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, packed);
  }
  using database = new Database(pathIn(harness));
  if (keep !== "file")
    database.run(
      "INSERT INTO session_transcript_archives VALUES (?, 'g', 'k', 'deleted', 'zstd', ?, ?, ?, 1, NULL, 0, NULL, NULL)",
      [session, packed, "0".repeat(64), name],
    );
  for (const table of [EVENTS, "trajectory_runtime_events", "session_windows"])
    database.run(`DELETE FROM ${table} WHERE session_id = ?`, [session]);
}

describe("deleted sessions of OpenClaw", () => {
  test.each(["file", "table", "both"] as const)("are counted once from the archive, kept in %s", async (keep) => {
    using harness = new SourceHarness([openclaw]);
    home.place(harness);
    for (const session of ["s1", "s3"]) deleteSession(harness, session, keep);
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
    expect(harness.skipped).toEqual([]);
  });

  test("without their archives are missing: the database alone has 44% too little then", async () => {
    using harness = new SourceHarness([openclaw]);
    home.place(harness);
    write(pathIn(harness), `DELETE FROM ${EVENTS} WHERE session_id IN ('s1', 's3')`);
    await harness.scan();
    expect(all(harness)).toBe(truth - 63_207 - 26_918);
  });

  test("keep their facts if they were read before they were deleted", async () => {
    using harness = await scanned(openclaw, home.place);
    const before = facts(harness);
    deleteSession(harness, "s5", "both");
    await harness.scan();
    expect(facts(harness)).toEqual(before);
  });
});
