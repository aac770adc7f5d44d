import { describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { walk } from "../../src/collector/walk.ts";
import { FOREVER } from "../../src/model/calendar.ts";
import { cursor } from "../../src/sources/cursor.ts";
import { stopHook } from "../../src/sources/cursor/hook.ts";
import { readState } from "../../src/sources/cursor/state.ts";
import { openState, recorded, rows, statePath, writeRows } from "./cursor.ts";
import { assistants, SourceDesk } from "./desk.ts";

const [home] = recorded;
if (!home) throw new Error("no home");

const CONVERSATION = "6f1d2c3b-0a41-4b7e-9c55-1e2f3a4b5c6d";
const STOPS = ".claude/pets/hooks/cursor.jsonl";
const TRANSCRIPT = `projects/home-user-shop/agent-transcripts/${CONVERSATION}/${CONVERSATION}.jsonl`;

function write(desk: SourceDesk, path: string, text: string): void {
  mkdirSync(dirname(join(desk.home, path)), { recursive: true });
  writeFileSync(join(desk.home, path), text);
}

const of = (desk: SourceDesk, action: string) => desk.actions.filter((one) => one.action === action);

describe("the made-up home", () => {
  test("counts the tokens of old versions and those of the hook", async () => {
    using desk = new SourceDesk([cursor]);
    home.place(desk);
    await desk.scan();
    expect(desk.totals).toEqual(home.truth);
    expect(desk.responses.map(({ key, model }) => [key.replace(CONVERSATION, "A"), model])).toEqual([
      ["response:cursor:b3", "claude-4.5-sonnet"],
      ["response:cursor:b5", "claude-4.5-sonnet"],
      ["response:cursor:A:9a", "default"],
      ["response:cursor:A:9b", "default"],
      ["response:cursor:A:9c", "default"],
    ]);
    expect(desk.skipped).toEqual([]);
  });

  test("a context snapshot is no usage", async () => {
    using desk = new SourceDesk([cursor]);
    home.place(desk);
    await desk.scan();
    const snapshot = rows.find(([key]) => key === `composerData:${CONVERSATION}`)?.[1];
    expect(snapshot).toHaveProperty("contextTokensUsed", 20_167);
    expect(desk.responses.map(({ input }) => input)).not.toContain(20_167);
  });

  test("cached tokens are part of the input, but where they are more than it", async () => {
    using desk = new SourceDesk([cursor]);
    desk.place("cursor/stops.jsonl", STOPS);
    await desk.scan();
    expect(desk.responses.map(({ input, cacheRead, cacheWrite5m }) => [input, cacheRead, cacheWrite5m])).toEqual([
      [11_448, 8_704, 0],
      [2, 42_036, 4_927],
      [120, 42_036, 500],
    ]);
  });

  test("a turn is not recorded unless its session has a response for it", async () => {
    using desk = new SourceDesk([cursor]);
    home.place(desk);
    const stops = readFileSync(join(desk.home, STOPS));
    rmSync(join(desk.home, STOPS));
    const left = async (): Promise<unknown> => {
      await desk.scan();
      return desk.ledger.questions.unrecorded({ from: 0, to: FOREVER });
    };
    expect(await left()).toEqual([{ source: "cursor", name: "turn", responses: 5 }]);
    writeFileSync(join(desk.home, STOPS), stops);
    expect(await left()).toEqual([{ source: "cursor", name: "turn", responses: 2 }]);
  });

  test("what transcript and state both tell is one thing, with the state's time, outcome and model", async () => {
    using desk = new SourceDesk([cursor]);
    home.place(desk);
    await desk.scan();
    const own = desk.actions.filter(({ session }) => session === CONVERSATION);
    const count = Object.fromEntries(
      Map.groupBy(own, ({ action }) => action)
        .entries()
        .map(([a, all]) => [a, all.length]),
    );
    expect(count).toEqual({ prompt: 2, unrecorded: 3, tool: 6, file: 2, git: 2, agent: 1 });
    expect(
      of(desk, "tool")
        .filter(({ ok }) => ok === 0)
        .map(({ name }) => name),
    ).toEqual(["run_terminal_command_v2", "edit_file_v2"]);
    expect(of(desk, "file").map(({ name, added, removed }) => [name, added, removed])).toEqual([
      ["update", 2, 1],
      ["create", 3, 0],
    ]);
    expect(of(desk, "git").map(({ name }) => name)).toEqual(["add", "commit"]);
    expect(new Set(of(desk, "unrecorded").map(({ name }) => name))).toEqual(new Set(["turn"]));
  });

  test("a transcript alone, read line by line, tells what it tells as a whole", async () => {
    const bytes = readFileSync(join(assistants, "cursor", TRANSCRIPT));
    using whole = new SourceDesk([cursor]);
    whole.place(`cursor/${TRANSCRIPT}`, `.cursor/${TRANSCRIPT}`);
    await whole.scan();
    expect(of(whole, "prompt").map(({ length, at }) => [length, new Date(at).toISOString()])).toEqual([
      [28, "2026-11-20T10:13:00.000Z"],
      [28, "2026-11-20T10:20:00.000Z"],
    ]);
    using grown = new SourceDesk([cursor]);
    write(grown, `.cursor/${TRANSCRIPT}`, "");
    for (const line of bytes.toString().split(/(?<=\n)/)) {
      appendFileSync(join(grown.home, `.cursor/${TRANSCRIPT}`), line.slice(0, 20));
      await grown.scan();
      appendFileSync(join(grown.home, `.cursor/${TRANSCRIPT}`), line.slice(20));
      await grown.scan();
    }
    expect(grown.actions).toEqual(whole.actions);
  });

  test("an old transcript is read as text", async () => {
    using desk = new SourceDesk([cursor]);
    const old = "home-user-shop/agent-transcripts/0c9e8d7f-2222-4333-8444-555566667777.txt";
    desk.place(`cursor/projects/${old}`, `.cursor/projects/${old}`);
    await desk.scan();
    expect(of(desk, "prompt").map(({ length }) => length)).toEqual([22, 27]);
    expect(of(desk, "tool").map(({ name }) => name)).toEqual(["Read", "StrReplace"]);
    expect(of(desk, "unrecorded")).toHaveLength(2);
  });
});

describe("the editor's state", () => {
  const message = (id: string, tokens: number, more: object = {}) =>
    [
      `bubbleId:c:${id}`,
      { type: 2, createdAt: "2026-01-06T10:00:00.000Z", tokenCount: { inputTokens: tokens, outputTokens: 1 }, ...more },
    ] as const;

  test("goes on behind what was read, with rows that were written anew, also after VACUUM", async () => {
    using desk = new SourceDesk([cursor]);
    using database = openState(desk.home);
    writeRows(database, [
      message("a", 0, { tokenCount: { inputTokens: 0, outputTokens: 0 } }),
      message("b", 10),
      message("c", 20),
    ]);
    await desk.scan();
    expect(desk.totals).toMatchObject({ responses: 2, input: 30 });
    writeRows(database, [message("a", 5), message("d", 40)]);
    await desk.scan();
    expect(desk.totals).toMatchObject({ responses: 4, input: 75 });
    database.run("DELETE FROM cursorDiskKV WHERE key IN ('bubbleId:c:b', 'bubbleId:c:c')");
    database.run("VACUUM");
    writeRows(database, [message("e", 100)]);
    await desk.scan();
    // What was seen once is spent, and the new one has a row that was another's before.
    expect(desk.totals).toMatchObject({ responses: 5, input: 175 });
  });

  test("what is damaged is named, and its neighbours are counted", async () => {
    using desk = new SourceDesk([cursor]);
    using database = openState(desk.home);
    writeRows(database, [
      message("a", -5, { tokenCount: { inputTokens: -5, outputTokens: 3 } }),
      message("b", 1, { createdAt: "yesterday" }),
      ["composerData:c", { fullConversationHeadersOnly: [null, 5, { bubbleId: "__proto__", type: 1 }, { type: 2 }] }],
      ["composerData:", "no object"],
    ]);
    database.run(
      "INSERT INTO cursorDiskKV VALUES ('bubbleId:c:x', '{\"tokenCount\":'), ('bubbleId:c:y', NULL), ('bubbleId:', 7)",
    );
    writeRows(database, [message("z", 1)]);
    await desk.scan();
    expect(desk.totals.responses).toBe(3);
    expect(desk.skipped.map(({ reason }) => reason).toSorted()).toEqual([
      "bad_count",
      "bad_json",
      "bad_json",
      "no_time",
    ]);
    expect(of(desk, "unrecorded")).toHaveLength(1);
  });

  test("a value that is too long to be a message is named and not read, and its neighbours are counted", async () => {
    using desk = new SourceDesk([cursor]);
    using database = openState(desk.home);
    writeRows(database, [message("a", 1)]);
    database.run("INSERT INTO cursorDiskKV VALUES ('bubbleId:c:long', zeroblob(64 * 1048576 + 1))");
    writeRows(database, [message("b", 2)]);
    await desk.scan();
    expect(desk.totals).toMatchObject({ responses: 2, input: 3 });
    expect(desk.skipped).toEqual([{ path: statePath(desk.home), offset: 2, reason: "line_too_long" }]);
  });

  test("is read row by row, however large it is: nothing of it is sorted in memory", () => {
    using desk = new SourceDesk([cursor]);
    using database = openState(desk.home);
    const plans: string[] = [];
    const tables = {
      path: "",
      written: 0,
      beside: () => null,
      names: () => [],
      columns: () => ["key", "value"],
      rows(sql: string, ...values: (string | number)[]) {
        const plan = database.query<{ detail: string }, typeof values>(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
        plans.push(...plan.map(({ detail }) => detail));
        return [];
      },
    };
    for (const pass of ["usage", "activity"] as const)
      for (const _ of readState(pass, tables, { memory: null, observed: () => undefined, skipped: () => undefined }));
    expect(plans).toEqual([expect.stringContaining("rowid>?"), expect.stringContaining("rowid>?")]);
  });

  test("is found where each system has it; of .cursor nothing but transcripts is looked into", () => {
    const roots = (env: Record<string, string>) => cursor.stores[1]?.roots(env, "/h");
    expect(roots({ APPDATA: "C:\\Users\\u\\AppData\\Roaming" })).toEqual([
      "/h/.config/Cursor/User/globalStorage",
      "/h/Library/Application Support/Cursor/User/globalStorage",
      "C:/Users/u/AppData/Roaming/Cursor/User/globalStorage",
    ]);
    using desk = new SourceDesk([cursor]);
    home.place(desk);
    for (const path of ["terminals/1.jsonl", "agent-tools/x/y.txt", "mcps/a.jsonl"])
      write(desk, `.cursor/projects/home-user-shop/${path}`, "{}");
    const looked = cursor.stores.map(() => new Set<string>());
    const found = cursor.stores.flatMap((store, at) => walk(store, store.roots({}, desk.home), looked[at]));
    expect(found).toHaveLength(5);
    expect(looked.flatMap((some) => [...some]).some((path) => /terminals|agent-tools|mcps/.test(path))).toBe(false);
    expect(found.map(({ path }) => path)).toContain(statePath(desk.home));
  });
});

describe("what the hook keeps", () => {
  const at = Date.parse("2026-11-20T10:14:00.250Z");
  const said = {
    hook_event_name: "stop",
    conversation_id: "c",
    generation_id: "g",
    model: "default",
    status: "completed",
    loop_count: 0,
    input_tokens: 20_152,
    output_tokens: 15,
    cache_read_tokens: 8_704,
    cache_write_tokens: 0,
    workspace_roots: ["/w", "/v"],
    transcript_path: "/h/.cursor/projects/w/agent-transcripts/c/c.jsonl",
    user_email: "user@example.com",
    text: "what was said",
  };

  test("counts, ids, model, status and folder, and nothing else", () => {
    expect(JSON.parse(stopHook.line(said, at) ?? "")).toEqual({
      timestamp: "2026-11-20T10:14:00.250Z",
      conversation_id: "c",
      generation_id: "g",
      model: "default",
      status: "completed",
      loop_count: 0,
      input_tokens: 20_152,
      output_tokens: 15,
      cache_read_tokens: 8_704,
      cache_write_tokens: 0,
      workspace_root: "/w",
    });
  });

  test("nothing of what is no turn, and no more of a field than it can hold", () => {
    for (const none of [null, 5, [], {}, { ...said, generation_id: 7 }, { ...said, hook_event_name: "afterFileEdit" }])
      expect(stopHook.line(none, at)).toBeNull();
    const long = "x".repeat(100_000);
    const kept = stopHook.line(
      { ...said, model: long, status: long, generation_id: long, workspace_roots: [long] },
      at,
    );
    expect(kept?.length).toBeLessThan(4_096);
    expect(kept).not.toContain("\n");
  });

  test("a turn told twice is one, damaged lines are named", async () => {
    using desk = new SourceDesk([cursor]);
    const line = stopHook.line(said, at) ?? "";
    write(
      desk,
      STOPS,
      [line, '{"cut', line, "[]", '{"input_tokens":5}', line.replace('"g"', '"h"').replace("20152", "-1")].join("\n") +
        "\n",
    );
    await desk.scan();
    expect(desk.totals.responses).toBe(2);
    expect(desk.skipped.map(({ reason }) => reason)).toEqual(["bad_json", "bad_json", "unknown_format", "bad_count"]);
  });
});
