import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { kilo } from "../../src/sources/kilo.ts";
import type { Environment } from "../../src/utils/config.ts";
import { assistants, SourceHarness } from "./harness.ts";
import { DATA, expected, kept, recorded } from "./kilo.ts";
import { answered, tokensOf } from "./opencode.ts";
import { write } from "./writer.ts";

const [home, old] = recorded;
if (!home || !old) throw new Error("no recorded home");

const RECORDED = join(assistants, "kilo/7.7.9/kilo.db");
const pathIn = (harness: SourceHarness): string => join(harness.home, DATA, "kilo.db");
const all = ({ totals }: SourceHarness): number => totals.input + totals.output + totals.cacheRead + totals.cacheWrite;
const nameOf = (session: string): string => session.slice(-6);

function ask<Row>(sql: string, path = RECORDED): Row[] {
  using database = new Database(path, { readonly: true });
  return database.query<Row, []>(sql).all();
}

/** Times of all messages that still have a row. */
const times = new Set(ask<{ at: number }>("SELECT data ->> '$.time.created' AS at FROM message").map(({ at }) => at));
/** Whether a response still has a row: it was not undone. */
const isRow = (key: string): boolean => times.has(Number(/@(\d+):/.exec(key)?.[1]));

async function read(change = ""): Promise<SourceHarness> {
  const harness = new SourceHarness([kilo]);
  home?.place(harness);
  if (change !== "") write(pathIn(harness), change);
  await harness.scan();
  return harness;
}

describe("the recorded databases of Kilo", () => {
  test("are counted exactly: 225,653 tokens, everything except titles, deleted and never written responses", async () => {
    using harness = await read();
    expect(harness.totals).toEqual(home.truth);
    expect(all(harness)).toBe(225_653);
    expect({ ...harness.totals, cacheWrite1h: 0 }).toEqual({ ...expected.recorded });
    const lost = expected.unrecorded.reduce((sum, { tokens }) => sum + tokens, 0);
    // The title was answered by the small model, which is left out of `answered`.
    expect([lost, tokensOf(kept) + lost]).toEqual([29_974, 255_627]);
    expect(harness.skipped).toEqual([]);
    expect((await harness.scan()).files).toBe(0);
  });

  test("have the copies of two forks in the sessions that paid for them, with costs and subagents", async () => {
    using harness = await read();
    const { responses } = harness;
    // A copy has no cost; the response has that of its original.
    expect(responses.filter(({ cost }) => cost === 0)).toEqual([]);
    const bySession = Map.groupBy(responses, ({ session }) => nameOf(session));
    expect(["hHUMKw", "6HgSmS", "4jKWKH", "5f13sj"].map((name) => bySession.get(name)?.length)).toEqual([10, 2, 3, 2]);
    // The fork's copy of the subagent's session paid for nothing.
    expect(bySession.has("KnGCQz")).toBe(false);
    const agents = responses.filter(({ agent }) => agent !== "");
    expect(agents.map(({ session, agent }) => [nameOf(session), agent])).toEqual([
      ["0aRw22", "general"],
      ["0aRw22", "general"],
    ]);
  });

  test("have the cost of a subagent once, although Kilo adds it to the message that started the subagent", async () => {
    using harness = await read();
    const [{ cost = 0 } = {}] = ask<{ cost?: number }>(
      "SELECT data ->> '$.cost' AS cost FROM message WHERE data ->> '$.time.created' = 1795920665780 AND data ->> '$.cost' > 0",
    );
    expect(cost).toBe(0.062_745_3);
    const started = harness.responses.filter(({ at }) => at === 1_795_920_665_780);
    expect(started.map((one) => one.cost)).toEqual([19_835_250]);
    const [{ sessions = 0 } = {}] = ask<{ sessions?: number }>("SELECT sum(cost) AS sessions FROM session");
    const undone = harness.responses.filter(({ key }) => !isRow(key)).reduce((sum, one) => sum + one.cost, 0);
    const whole = harness.responses.reduce((sum, one) => sum + one.cost, 0);
    expect(whole - undone).toBe(Math.round(sessions * 1e9));
  });

  test("have the copies in the fork if only the fork is left", async () => {
    const parent = "SELECT id FROM session WHERE id LIKE '%hHUMKw'";
    using harness = await read(`PRAGMA foreign_keys = ON; DELETE FROM session WHERE id = (${parent})`);
    expect(all(harness)).toBe(225_653);
    const forked = harness.responses.filter(({ session }) => nameOf(session) === "6HgSmS");
    expect(forked).toHaveLength(12);
  });

  test("have tools by exit code, changed lines, git operations, and responses without usage", async () => {
    using harness = await read();
    const of = (action: string) => harness.actions.filter((one) => one.action === action);
    expect(of("file").map(({ name, target, added, removed }) => [name, target, added, removed])).toEqual([
      ["create", "/home/user/project/note.txt", 3, 0],
      ["update", "/home/user/project/note.txt", 2, 1],
    ]);
    expect(of("git").map(({ name }) => name)).toEqual(["add", "commit"]);
    expect(of("agent").map(({ name }) => name)).toEqual(["general"]);
    expect(of("compaction")).toHaveLength(1);
    expect(of("unrecorded").map(({ name }) => name)).toEqual(["failed", "interrupted"]);
    // Each tool once, although the forks copied some.
    const calls = ask("SELECT DISTINCT data ->> 'callID' FROM part WHERE data ->> 'type' = 'tool'");
    expect(of("tool")).toHaveLength(calls.length);
    const failed = of("tool").filter(({ ok }) => ok === 0);
    expect(failed.map(({ name }) => name)).toEqual(["bash", "edit", "bash", "edit", "read"]);
  });

  test("have reasoning inside the output in 7.0.33 and outside in 7.7.9, as the total of each record says", async () => {
    using harness = new SourceHarness([kilo]);
    old.place(harness);
    await harness.scan();
    expect(harness.totals).toEqual(old.truth);
    const rows = (path: string): { output: number; reasoning: number }[] =>
      ask(
        `SELECT data ->> '$.tokens.output' AS output, data ->> '$.tokens.reasoning' AS reasoning FROM message
         WHERE data ->> '$.tokens.reasoning' > 0`,
        path,
      );
    expect(rows(join(assistants, "kilo/7.0.33/kilo.db")).every((one) => one.output > one.reasoning)).toBe(true);
    expect(rows(RECORDED).every((one) => one.output < one.reasoning)).toBe(true);
  });
});

interface Info {
  readonly role?: string;
  readonly type?: string;
  readonly modelID?: string;
  readonly providerID?: string;
  readonly time?: { readonly created: number };
  readonly tokens?: {
    readonly input: number;
    readonly output: number;
    readonly reasoning: number;
    readonly cache: { readonly read: number; readonly write: number };
  };
}

describe("naive counting rules for Kilo", () => {
  const sum = (infos: readonly Info[]): number =>
    infos.reduce(
      (total, { tokens: one }) =>
        total + (one ? one.input + one.output + one.reasoning + one.cache.read + one.cache.write : 0),
      0,
    );
  const dataOf = (sql: string): Info[] => ask<{ data: string }>(sql).map(({ data }) => JSON.parse(data) as Info);
  const messages = dataOf("SELECT data FROM message");
  /** All complete responses, also the title's. */
  const answeredTokens = tokensOf(answered("7.7.9", "kilo")) + 7_534;
  const excess = (tokens: number): number => Math.round((tokens / answeredTokens - 1) * 1_000) / 10;

  test("adding up every message row, or the columns of sessions, counts the copies of forks: 12.8% too much", () => {
    const columns = "tokens_input + tokens_output + tokens_reasoning + tokens_cache_read + tokens_cache_write";
    const [{ whole = 0 } = {}] = ask<{ whole?: number }>(`SELECT sum(${columns}) AS whole FROM session`);
    expect([excess(sum(messages)), excess(whole)]).toEqual([12.8, 12.8]);
  });

  test("adding up rows and the steps within them counts everything twice", () => {
    const steps = dataOf("SELECT data FROM part").filter(({ type }) => type === "step-finish");
    expect(excess(sum(messages) + sum(steps))).toBe(125.7);
  });

  test("adding up every event of a message counts it several times", () => {
    const events = ask<{ data: string }>("SELECT data FROM event WHERE type = 'message.updated.1'");
    expect(excess(sum(events.map(({ data }) => (JSON.parse(data) as { info: Info }).info)))).toBe(105.3);
  });

  test("leaving out the sessions of subagents leaves out their responses and keeps the copies", () => {
    const roots = dataOf(
      "SELECT data FROM message JOIN session ON session.id = session_id WHERE session.parent_id IS NULL",
    );
    expect(excess(sum(roots))).toBe(2.3);
  });

  test("adding up the rows without copies misses undone responses", () => {
    const once = new Map(
      messages.map((one) => [
        `${one.providerID} ${one.modelID} ${one.time?.created} ${JSON.stringify(one.tokens)}`,
        one,
      ]),
    );
    expect(excess(sum([...once.values()]))).toBe(-15.9);
  });

  test("leaving out what has no cost leaves out free models too, and what was undone stays missing", () => {
    const paid = dataOf("SELECT data FROM message WHERE data ->> '$.cost' > 0");
    expect(excess(sum(paid))).toBe(-15.9);
  });

  test("adding reasoning to the output counts it twice in 7.0.33", () => {
    const { truth } = old;
    const rows = ask<{ data: string }>("SELECT data FROM message", join(assistants, "kilo/7.0.33/kilo.db"));
    const whole = truth.input + truth.output + truth.cacheRead + truth.cacheWrite;
    expect(sum(rows.map(({ data }) => JSON.parse(data) as Info))).toBe(whole + truth.reasoning);
  });
});

describe("a database of Kilo that changes", () => {
  test("loses no facts when rows are deleted or vacuumed", async () => {
    using harness = await read();
    const before = harness.dump().facts;
    for (const change of ["VACUUM", "DELETE FROM event", "PRAGMA foreign_keys = ON; DELETE FROM session; VACUUM;"]) {
      write(pathIn(harness), change);
      await harness.scan();
      expect(harness.dump().facts).toEqual(before);
    }
  });

  test("may have no event log: then the undone responses are missing", async () => {
    using harness = await read("DROP TABLE event");
    expect(all(harness)).toBe(225_653 - 10_663);
    expect(harness.skipped).toEqual([]);
  });

  test("has rows that are too long reported, and everything else counted", async () => {
    const long = `'{"a":"' || hex(zeroblob(32 * 1048576)) || '"}'`;
    const session = "(SELECT session_id FROM message LIMIT 1)";
    using harness = await read(
      `INSERT INTO message (id, session_id, time_created, time_updated, data) VALUES ('msg_long', ${session}, 1, 9e12, ${long});
       INSERT INTO part (id, message_id, session_id, time_created, time_updated, data) VALUES ('prt_long', 'msg_long', ${session}, 1, 9e12, ${long});`,
    );
    expect(harness.totals).toEqual(home.truth);
    expect(harness.skipped.map(({ reason }) => reason)).toEqual(["line_too_long", "line_too_long"]);
  });
});

describe("the database of Kilo", () => {
  const file = "kilo/7.7.9/kilo.db";
  test.each([
    ["is found in its default place", {}, `${DATA}/kilo.db`],
    ["is found under the name of a channel", {}, `${DATA}/kilo-dev.db`],
    ["is found under the name of a channel of opencode", {}, `${DATA}/opencode-dev.db`],
    ["is found below XDG_DATA_HOME", { XDG_DATA_HOME: "<home>/data" }, "data/kilo/kilo.db"],
    ["is found where KILO_DB says", { KILO_DB: "<home>/else/where.sqlite" }, "else/where.sqlite"],
    ["is found where a relative KILO_DB says", { KILO_DB: "mine.db" }, `${DATA}/mine.db`],
  ])("%s", async (_, given: Environment, to) => {
    using elsewhere = new SourceHarness([]);
    elsewhere.place(file, to);
    const env = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, value?.replace("<home>", elsewhere.home)]),
    );
    const stores = kilo.stores.map((store) => ({ ...store, roots: () => store.roots(env, elsewhere.home) }));
    using harness = new SourceHarness([{ ...kilo, stores }]);
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
  });

  test("is not that of opencode, nor is opencode's that of Kilo", () => {
    const [store] = kilo.stores;
    expect(["kilo.db", "opencode.db", "kilo.db-wal", "a/kilo.db"].map((name) => store?.owns(name))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
