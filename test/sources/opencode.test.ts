import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { opencode } from "../../src/sources/opencode.ts";
import { assistants, type CountedResponse, SourceHarness } from "./harness.ts";
import { answered, DATA, deleted, recorded, tokensOf } from "./opencode.ts";
import { write } from "./writer.ts";

const [home, old] = recorded;
if (!home || !old) throw new Error("no recorded home");

const RECORDED = join(assistants, "opencode/1.18.33/opencode.db");
const STORAGE = join(assistants, "opencode/legacy-json-1.1.65/storage");
const truth = tokensOf(answered("1.18.33"));
const all = ({ totals }: SourceHarness): number => totals.input + totals.output + totals.cacheRead + totals.cacheWrite;
const pathIn = (harness: SourceHarness): string => join(harness.home, DATA, "opencode.db");
const nameOf = (session: string): string => session.slice(-6);

function ask<Row>(sql: string): Row[] {
  using database = new Database(RECORDED, { readonly: true });
  return database.query<Row, []>(sql).all();
}
/** The facts in the ledger, which do not depend on when a scan ran. */
const facts = (harness: SourceHarness): readonly string[] => harness.dump().facts;

describe("the recorded database of opencode", () => {
  test("is counted exactly: 398,098 tokens, everything except the deleted session", async () => {
    using harness = new SourceHarness([opencode]);
    home.place(harness);
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
    expect(all(harness)).toBe(398_098);
    expect([truth, tokensOf(deleted)]).toEqual([413_234, 15_136]);
    expect(truth - tokensOf(deleted)).toBe(all(harness));
    expect(harness.skipped).toEqual([]);
    expect((await harness.scan()).files).toBe(0);
    expect(readdirSync(dirname(pathIn(harness)))).toEqual(["opencode.db"]);
  });

  test("has a fork's copies in the session that paid for them, and subagents and costs in the right place", async () => {
    using harness = new SourceHarness([opencode]);
    home.place(harness);
    await harness.scan();
    const { responses } = harness;
    const bySession = Map.groupBy(responses, ({ session }) => nameOf(session));
    expect([bySession.get("4knmcC")?.length, bySession.get("HkJobD")?.length]).toEqual([7, 2]);
    expect(responses.filter(({ agent }) => agent === "general").map(({ session }) => nameOf(session))).toEqual(
      Array.from({ length: 3 }, () => "MTd2Z7"),
    );
    expect(responses[0]).toMatchObject({ cost: 31_104_600, costKind: 2, project: "/home/user/proj" });
  });

  test("has the copies in the fork if its parent was deleted before the first scan", async () => {
    using harness = new SourceHarness([opencode]);
    home.place(harness);
    const path = pathIn(harness);
    const parent = "SELECT id FROM session WHERE title = 'ok' ORDER BY time_created LIMIT 1";
    write(path, `PRAGMA foreign_keys = ON; DELETE FROM session WHERE id = (${parent})`);
    await harness.scan();
    expect(all(harness)).toBe(398_098);
    const forked = (): CountedResponse[] => harness.responses.filter(({ session }) => nameOf(session) === "HkJobD");
    expect(forked()).toHaveLength(9);

    // After the parent is restored, the copies belong to it again, as if both had existed from the start.
    write(path, `ATTACH '${RECORDED}' AS whole; ${restore()}`);
    await harness.scan();
    expect(forked()).toHaveLength(2);
    using whole = new SourceHarness([opencode]);
    home.place(whole);
    await whole.scan();
    expect(facts(harness)).toEqual(facts(whole));
  });

  test("has tools by exit code, changed lines, git operations, prompts, and responses without usage", async () => {
    using harness = new SourceHarness([opencode]);
    home.place(harness);
    await harness.scan();
    const of = (action: string) => harness.actions.filter((one) => one.action === action);
    // A command with exit code 3, which is a completed tool, and an edit that was rejected.
    expect(
      of("tool")
        .filter(({ ok }) => ok === 0)
        .map(({ name, duration }) => [name, duration]),
    ).toEqual([
      ["bash", 42],
      ["edit", 15],
    ]);
    expect(of("file").map(({ name, target, added, removed }) => ({ name, target, added, removed }))).toEqual([
      { name: "update", target: "/home/user/proj/calc.py", added: 3, removed: 1 },
      { name: "create", target: "/home/user/proj/NOTES.md", added: 5, removed: 0 },
    ]);
    expect(of("git").map(({ name }) => name)).toEqual(["add", "commit"]);
    expect(of("agent").map(({ name }) => name)).toEqual(["general"]);
    expect(of("compaction")).toHaveLength(1);
    // The kill and the interruption.
    expect(of("unrecorded").map(({ name }) => name)).toEqual(["interrupted", "interrupted"]);
    expect(of("prompt")[0]?.length).toBe('"Please fix it [[work]]"'.length);
    // Each tool is counted once, although the fork copied some.
    const calls = new Set(
      ask<{ call: string }>("SELECT data ->> 'callID' AS call FROM part WHERE data ->> 'type' = 'tool'").map(
        ({ call }) => call,
      ),
    );
    expect(of("tool")).toHaveLength(calls.size);
  });
});

/** Restores all missing rows. */
const restore = (): string =>
  ["session", "message", "part", "event_sequence", "event"]
    .map((table) => `INSERT OR IGNORE INTO main.${table} SELECT * FROM whole.${table} WHERE true;`)
    .join("\n");

describe("a database of opencode that changes", () => {
  test("gives the same facts if rows are first written with zeros and completed or added later", async () => {
    using whole = new SourceHarness([opencode]);
    home.place(whole);
    await whole.scan();

    using harness = new SourceHarness([opencode]);
    home.place(harness);
    const path = pathIn(harness);
    const zeros = `json_remove(json_set(data, '$.tokens', json('{"input":0,"output":0,"reasoning":0,"cache":{"read":0,"write":0}}'), '$.cost', 0), '$.finish', '$.time.completed')`;
    const last = "SELECT max(rowid) FROM message";
    // First the newest response without its end, then the row is deleted and restored complete.
    write(path, `UPDATE message SET data = ${zeros} WHERE rowid = (${last})`);
    await harness.scan();
    expect(harness.totals.responses).toBe(30);
    expect(harness.actions.filter(({ action }) => action === "unrecorded")).toHaveLength(2);
    write(path, `ATTACH '${RECORDED}' AS whole; DELETE FROM message WHERE rowid = (${last}); ${restore()}`);
    await harness.scan();
    expect(facts(harness)).toEqual(facts(whole));
  });

  test("gives the same facts if it grows session by session", async () => {
    using whole = new SourceHarness([opencode]);
    home.place(whole);
    await whole.scan();
    using harness = new SourceHarness([opencode]);
    home.place(harness);
    const path = pathIn(harness);
    write(path, "DELETE FROM event; DELETE FROM part; DELETE FROM message; DELETE FROM session;");
    for (const { id } of ask<{ id: string }>("SELECT id FROM session ORDER BY time_created")) {
      const own = (table: string, column: string): string =>
        `INSERT INTO main.${table} SELECT * FROM whole.${table} WHERE ${column} = '${id}';`;
      const rows = [
        own("session", "id"),
        own("message", "session_id"),
        own("part", "session_id"),
        own("event", "aggregate_id"),
      ];
      write(path, `ATTACH '${RECORDED}' AS whole; ${rows.join("\n")}`);
      expect((await harness.scan()).files).toBe(1);
    }
    expect(facts(harness)).toEqual(facts(whole));
  });

  test("loses no facts when the program deletes or vacuums rows", async () => {
    using harness = new SourceHarness([opencode]);
    home.place(harness);
    await harness.scan();
    const before = facts(harness);
    const path = pathIn(harness);
    for (const change of ["VACUUM", "DELETE FROM event", "PRAGMA foreign_keys = ON; DELETE FROM session; VACUUM;"]) {
      write(path, change);
      await harness.scan();
      expect(facts(harness)).toEqual(before);
    }
  });

  test("is searched for imported sessions with old times by their new rows", async () => {
    using harness = new SourceHarness([opencode]);
    home.place(harness);
    const path = pathIn(harness);
    await harness.scan();
    const { session, message, part } = documents();
    write(path, [session, ...message, ...part].join(";\n").replaceAll("1795168984", "1795100000"));
    await harness.scan();
    expect(harness.totals.responses).toBe(36);
    expect(harness.actions.filter(({ session: id }) => nameOf(id) === "W9gAxQ").length).toBeGreaterThan(5);
  });

  test("may have no event log: then undone responses are missing", async () => {
    using harness = new SourceHarness([opencode]);
    home.place(harness);
    write(pathIn(harness), "DROP TABLE event");
    await harness.scan();
    expect(all(harness)).toBe(383_370);
    expect(harness.skipped).toEqual([]);
  });

  test("with messages of a newer format is skipped as unknown_format", async () => {
    using harness = new SourceHarness([opencode]);
    home.place(harness);
    const path = pathIn(harness);
    const row = (id: string): string =>
      `INSERT INTO session_message SELECT '${id}', id, 'assistant', 1, 1, 1, '{}' FROM session LIMIT 1`;
    const [{ id = "" } = {}] = ask<{ id?: string }>("SELECT id FROM message LIMIT 1");
    write(path, row(id));
    await harness.scan();
    expect(harness.skipped).toEqual([]);
    write(path, `PRAGMA foreign_keys = OFF; ${row("msg_new").replace(", 1, 1, 1,", ", 2, 1, 1,")}`);
    await harness.scan();
    expect(harness.skipped).toEqual([{ path, offset: 0, reason: "unknown_format" }]);
    expect(harness.totals).toEqual(home.truth);
  });
});

/** SQL that imports the documents of the old version into tables, as a newer version does. */
function documents() {
  const read = (folder: string): Record<string, unknown>[] =>
    readdirSync(join(STORAGE, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".json"))
      .toSorted()
      .map((name) => JSON.parse(readFileSync(join(STORAGE, folder, name), "utf8")) as Record<string, unknown>);
  const quoted = (value: unknown): string => `'${JSON.stringify(value).replaceAll("'", "''")}'`;
  const created = (one: Record<string, unknown>): number => (one["time"] as { created: number }).created;
  const session = read("session")
    .map(
      (one) =>
        `INSERT INTO session (id, project_id, slug, directory, title, version, time_created, time_updated)
         SELECT '${one["id"] as string}', project_id, '', directory, '', '1.1.65', ${created(one)}, ${created(one) + 445} FROM session LIMIT 1`,
    )
    .join(";");
  const message = read("message").map(
    ({ id, sessionID, ...data }) =>
      `INSERT INTO message VALUES ('${id as string}', '${sessionID as string}', ${created(data)}, ${created(data)}, ${quoted(data)})`,
  );
  const part = read("part").map(
    ({ id, sessionID, messageID, ...data }) =>
      `INSERT INTO part VALUES ('${id as string}', '${messageID as string}', '${sessionID as string}', 1795168984000, 1795168984000, ${quoted(data)})`,
  );
  return { session, message, part };
}

describe("the recorded documents of opencode", () => {
  test("are counted exactly, with reasoning as part of the output", async () => {
    using harness = new SourceHarness([opencode]);
    old.place(harness);
    await harness.scan();
    expect(harness.totals).toEqual(old.truth);
    expect(harness.skipped).toEqual([]);
    expect(harness.actions.filter(({ action }) => action === "tool").map(({ name, ok }) => [name, ok])).toEqual([
      ["bash", 1],
      ["edit", 0],
      ["bash", 0],
      ["write", 1],
      ["bash", 1],
    ]);
    expect(harness.actions.filter(({ action }) => action === "prompt")).toHaveLength(1);
    expect((await harness.scan()).files).toBe(0);
  });

  test.each(["first", "last", "at once"])(
    "are counted once with the rows that a newer version made from them, read %s",
    async (when) => {
      using harness = new SourceHarness([opencode]);
      const path = pathIn(harness);
      const { session, message, part } = documents();
      const bring = (): void => {
        home.place(harness);
        write(
          path,
          `DELETE FROM event; DELETE FROM part; DELETE FROM message; ${[session, ...message, ...part].join(";\n")}`,
        );
      };
      if (when === "first") bring();
      else old.place(harness);
      if (when !== "at once") await harness.scan();
      if (when === "first") old.place(harness);
      else bring();
      await harness.scan();
      expect(harness.totals).toEqual(old.truth);
      expect(harness.actions.filter(({ action }) => action === "tool")).toHaveLength(5);
      expect(harness.actions.filter(({ action }) => action === "prompt")).toHaveLength(1);
    },
  );

  test("are skipped as bad_json while half written, and counted once complete", async () => {
    using harness = new SourceHarness([opencode]);
    old.place(harness);
    const folder = join(harness.home, DATA, "storage/message/ses_e07972431ffeZnwIFQS1W9gAxQ");
    const path = join(folder, "msg_1f868dc24001oUk1XAKpTJ3x5d.json");
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, 300));
    await harness.scan();
    expect(harness.skipped).toEqual([{ path, offset: 0, reason: "bad_json" }]);
    expect(harness.totals.responses).toBe(4);
    writeFileSync(path, bytes);
    await harness.scan();
    expect(harness.totals).toEqual(old.truth);
  });
});
