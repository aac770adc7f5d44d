import { describe, expect, test } from "bun:test";
import { cpSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { opencode } from "../../src/sources/opencode.ts";
import type { Environment } from "../../src/utils/config.ts";
import { assistants, SourceHarness } from "./harness.ts";
import { DATA, recorded } from "./opencode.ts";
import { write } from "./writer.ts";

const [home] = recorded;
if (!home) throw new Error("no recorded home");
const CREATED = 1_795_168_805_059;
/** An id as opencode creates it this many milliseconds after CREATED. */
const idAt = (ms: number): string => `msg_${((CREATED + ms) % 2 ** 36).toString(16).padStart(9, "0")}001AbCdEfGh`;

/** A message of the assistant with these tokens. */
const answer = (tokens: object | null, more: object = {}): object => ({
  role: "assistant",
  providerID: "p",
  modelID: "m",
  time: { created: CREATED, completed: CREATED + 500 },
  finish: "stop",
  ...(tokens && { tokens }),
  ...more,
});
const tokens = (input: number, output: number, reasoning: number, more: object = {}): object => ({
  input,
  output,
  reasoning,
  cache: { read: 0, write: 0 },
  ...more,
});

/** A database with one session of these messages, each with its id. A string is written as it is. */
function place(harness: SourceHarness, messages: readonly (readonly [id: string, data: unknown])[]): string {
  const path = join(harness.home, DATA, "opencode.db");
  mkdirSync(dirname(path), { recursive: true });
  cpSync(join(assistants, "opencode/1.18.33/opencode.db"), path);
  const rows = messages.map(([id, data], index) => {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    return `INSERT INTO message VALUES ('${id}', 'ses_1', ${index}, ${index}, '${text.replaceAll("'", "''")}');`;
  });
  write(
    path,
    `DELETE FROM event; DELETE FROM part; DELETE FROM message; UPDATE session SET id = 'ses_1' WHERE rowid = 1;
     DELETE FROM session WHERE rowid > 1; ${rows.join("\n")}`,
  );
  return path;
}

const outputs = (harness: SourceHarness): number[] =>
  harness.responses.map(({ output }) => output).toSorted((a, b) => a - b);

describe("reasoning of an opencode response", () => {
  test.each([
    ["is part of the output if the total shows it", tokens(10, 5, 3, { total: 15 }), 5],
    ["is added to the output if the total shows it", tokens(10, 5, 3, { total: 18 }), 8],
    ["is part of the output without a total", tokens(10, 5, 3), 5],
    ["is added to the output without a total if it exceeds the output", tokens(10, 5, 7), 12],
    ["is part of the output if the total matches neither", tokens(10, 5, 3, { total: 99 }), 5],
  ])("%s", async (_, given, output) => {
    using harness = new SourceHarness([opencode]);
    place(harness, [[idAt(0), answer(given)]]);
    await harness.scan();
    expect(harness.responses.map((one) => one.output)).toEqual([output]);
  });
});

describe("copies of opencode responses", () => {
  test("are distinguished from other responses of the same millisecond by their tokens", async () => {
    using harness = new SourceHarness([opencode]);
    place(harness, [
      [idAt(0), answer(tokens(10, 5, 0))],
      [idAt(20_000), answer(tokens(10, 5, 0))],
      [idAt(1), answer(tokens(10, 6, 0))],
    ]);
    await harness.scan();
    expect(outputs(harness)).toEqual([5, 6]);
  });
});

describe("opencode responses without usage", () => {
  test("are emitted with their reason, but not while they may still be written", async () => {
    using harness = new SourceHarness([opencode]);
    const none = tokens(0, 0, 0);
    const at = (ms: number): object => ({ time: { created: CREATED + ms }, finish: undefined });
    place(harness, [
      [idAt(1), answer(none, { ...at(1), error: { name: "MessageAbortedError" } })],
      [idAt(2), answer(none, { ...at(2), error: { name: "APIError" } })],
      [idAt(3), answer(none, { ...at(3), finish: "stop" })],
      [idAt(4), answer(none, at(4))],
      // A prompt that waits for its turn does not end the response before it.
      [idAt(5), answer(none, at(5))],
      [idAt(6), { role: "user", time: { created: CREATED + 6 } }],
    ]);
    await harness.scan();
    expect(harness.actions.map(({ name }) => name)).toEqual(["interrupted", "failed", "unmetered", "interrupted"]);
    expect(harness.totals.responses).toBe(0);
  });
});

describe("damaged rows of opencode", () => {
  test("are skipped with a reason, and the other rows are counted", async () => {
    using harness = new SourceHarness([opencode]);
    const path = place(harness, [
      ["a", answer(tokens(1, 1, 0))],
      ["b", '{"role":"assistant","tokens":'],
      ["c", answer(tokens(-1, 2, 0), { modelID: "n" })],
      ["d", answer(tokens(1.5, 3, 0), { modelID: "__proto__" })],
      ["e", answer({ input: 1e300, output: "many", cache: [], reasoning: null }, { modelID: "o" })],
      ["f", answer({ __proto__: null, constructor: 1, input: 4, output: 4 }, { time: { created: "soon" } })],
      ["g", "[".repeat(50_000)],
      ["h", "null"],
      ["i", answer(tokens(5, 5, 0), { modelID: "x".repeat(10_000), cost: "much" })],
    ]);
    await harness.scan();
    expect(outputs(harness)).toEqual([1, 2, 3, 4, 5]);
    expect(harness.responses.every(({ model }) => model.length <= 200)).toBe(true);
    const reasons = Map.groupBy(harness.skipped, ({ reason }) => reason);
    expect(harness.skipped.every((one) => one.path === path)).toBe(true);
    expect(Object.fromEntries(reasons.entries().map(([reason, some]) => [reason, some.length]))).toEqual({
      bad_count: 3,
      bad_json: 3,
      no_time: 1,
    });
  });
});

describe("an opencode session with a modification time in the future", () => {
  test("does not hide changes of other sessions", async () => {
    using harness = new SourceHarness([opencode]);
    const path = place(harness, [[idAt(0), answer(tokens(1, 1, 0), { finish: null, time: { created: CREATED } })]]);
    write(
      path,
      `INSERT INTO session (id, project_id, slug, directory, title, version, time_created, time_updated)
       SELECT 'ses_2', project_id, '', '', '', '', 1, 8000000000000000 FROM session`,
    );
    await harness.scan();
    expect(harness.totals.responses).toBe(0);
    write(
      path,
      `UPDATE message SET data = json_set(data, '$.finish', 'stop');
       UPDATE session SET time_updated = ${Date.now() + 5_000} WHERE id = 'ses_1'`,
    );
    await harness.scan();
    expect(harness.totals.responses).toBe(1);
  });
});

describe("the database of opencode", () => {
  const file = "opencode/1.18.33/opencode.db";
  test.each([
    ["is found in its default place", {}, `${DATA}/opencode.db`],
    ["is found under the name of a channel", {}, `${DATA}/opencode-beta.db`],
    ["is found below XDG_DATA_HOME", { XDG_DATA_HOME: "<home>/data" }, "data/opencode/opencode.db"],
    ["is found where OPENCODE_DB says", { OPENCODE_DB: "<home>/else/where.sqlite" }, "else/where.sqlite"],
    ["is found where a relative OPENCODE_DB says", { OPENCODE_DB: "mine.db" }, `${DATA}/mine.db`],
    ["is found in its default place if XDG_DATA_HOME is relative", { XDG_DATA_HOME: "data" }, `${DATA}/opencode.db`],
  ])("%s", async (_, given: Environment, to) => {
    using elsewhere = new SourceHarness([]);
    elsewhere.place(file, to);
    const env = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, value?.replace("<home>", elsewhere.home)]),
    );
    const source = {
      ...opencode,
      stores: opencode.stores.map((store) => ({ ...store, roots: () => store.roots(env, elsewhere.home) })),
    };
    using harness = new SourceHarness([source]);
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
  });
});
