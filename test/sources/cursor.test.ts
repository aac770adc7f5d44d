import { describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { walk } from "../../src/collector/walk.ts";
import { FOREVER } from "../../src/model/calendar.ts";
import { cursor } from "../../src/sources/cursor.ts";
import { stopHook } from "../../src/sources/cursor/hook.ts";
import { openState, recorded, rows, statePath, writeRows } from "./cursor.ts";
import { assistants, SourceHarness } from "./harness.ts";
import { queriesOf } from "../ledger/queries.ts";

const [home] = recorded;
if (!home) throw new Error("no home");

const CONVERSATION = "6f1d2c3b-0a41-4b7e-9c55-1e2f3a4b5c6d";
const STOPS = ".claude/pets/hooks/cursor.jsonl";
const TRANSCRIPT = `projects/home-user-shop/agent-transcripts/${CONVERSATION}/${CONVERSATION}.jsonl`;

function write(harness: SourceHarness, path: string, text: string): void {
  mkdirSync(dirname(join(harness.home, path)), { recursive: true });
  writeFileSync(join(harness.home, path), text);
}

const of = (harness: SourceHarness, action: string) => harness.actions.filter((one) => one.action === action);

describe("the made-up home of Cursor", () => {
  test("counts the tokens of old versions and those of the hook", async () => {
    using harness = new SourceHarness([cursor]);
    home.place(harness);
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
    expect(harness.responses.map(({ key, model }) => [key.replace(CONVERSATION, "A"), model])).toEqual([
      ["response:cursor:b3", "claude-4.5-sonnet"],
      ["response:cursor:b5", "claude-4.5-sonnet"],
      ["response:cursor:A:9a", "default"],
      ["response:cursor:A:9b", "default"],
      ["response:cursor:A:9c", "default"],
    ]);
    expect(harness.skipped).toEqual([]);
  });

  test("does not count a context snapshot as usage", async () => {
    using harness = new SourceHarness([cursor]);
    home.place(harness);
    await harness.scan();
    const snapshot = rows.find(([key]) => key === `composerData:${CONVERSATION}`)?.[1];
    expect(snapshot).toHaveProperty("contextTokensUsed", 20_167);
    expect(harness.responses.map(({ input }) => input)).not.toContain(20_167);
  });

  test("has cached tokens as part of the input, unless they exceed it", async () => {
    using harness = new SourceHarness([cursor]);
    harness.place("cursor/stops.jsonl", STOPS);
    await harness.scan();
    expect(harness.responses.map(({ input, cacheRead, cacheWrite5m }) => [input, cacheRead, cacheWrite5m])).toEqual([
      [11_448, 8_704, 0],
      [2, 42_036, 4_927],
      [120, 42_036, 500],
    ]);
  });

  test("has an unrecorded turn for each turn without a response in its session", async () => {
    using harness = new SourceHarness([cursor]);
    home.place(harness);
    const stops = readFileSync(join(harness.home, STOPS));
    rmSync(join(harness.home, STOPS));
    const left = async (): Promise<unknown> => {
      await harness.scan();
      return queriesOf(harness.ledger).unrecorded({ from: 0, to: FOREVER });
    };
    expect(await left()).toEqual([{ source: "cursor", name: "turn", responses: 5 }]);
    writeFileSync(join(harness.home, STOPS), stops);
    expect(await left()).toEqual([{ source: "cursor", name: "turn", responses: 2 }]);
  });

  test("has each action of transcript and state once, with the state's time, outcome and model", async () => {
    using harness = new SourceHarness([cursor]);
    home.place(harness);
    await harness.scan();
    const own = harness.actions.filter(({ session }) => session === CONVERSATION);
    const count = Object.fromEntries(
      Map.groupBy(own, ({ action }) => action)
        .entries()
        .map(([a, all]) => [a, all.length]),
    );
    expect(count).toEqual({ prompt: 2, unrecorded: 3, tool: 6, file: 2, git: 2, agent: 1 });
    expect(
      of(harness, "tool")
        .filter(({ ok }) => ok === 0)
        .map(({ name }) => name),
    ).toEqual(["run_terminal_command_v2", "edit_file_v2"]);
    expect(of(harness, "file").map(({ name, added, removed }) => [name, added, removed])).toEqual([
      ["update", 2, 1],
      ["create", 3, 0],
    ]);
    expect(of(harness, "git").map(({ name }) => name)).toEqual(["add", "commit"]);
    expect(new Set(of(harness, "unrecorded").map(({ name }) => name))).toEqual(new Set(["turn"]));
  });

  test("gives the same actions if a transcript is read line by line", async () => {
    const bytes = readFileSync(join(assistants, "cursor", TRANSCRIPT));
    using whole = new SourceHarness([cursor]);
    whole.place(`cursor/${TRANSCRIPT}`, `.cursor/${TRANSCRIPT}`);
    await whole.scan();
    expect(of(whole, "prompt").map(({ length, at }) => [length, new Date(at).toISOString()])).toEqual([
      [28, "2026-11-20T10:13:00.000Z"],
      [28, "2026-11-20T10:20:00.000Z"],
    ]);
    using grown = new SourceHarness([cursor]);
    write(grown, `.cursor/${TRANSCRIPT}`, "");
    for (const line of bytes.toString().split(/(?<=\n)/)) {
      appendFileSync(join(grown.home, `.cursor/${TRANSCRIPT}`), line.slice(0, 20));
      await grown.scan();
      appendFileSync(join(grown.home, `.cursor/${TRANSCRIPT}`), line.slice(20));
      await grown.scan();
    }
    expect(grown.actions).toEqual(whole.actions);
  });

  test("has an old transcript, which is read as text", async () => {
    using harness = new SourceHarness([cursor]);
    const old = "home-user-shop/agent-transcripts/0c9e8d7f-2222-4333-8444-555566667777.txt";
    harness.place(`cursor/projects/${old}`, `.cursor/projects/${old}`);
    await harness.scan();
    expect(of(harness, "prompt").map(({ length }) => length)).toEqual([22, 27]);
    expect(of(harness, "tool").map(({ name }) => name)).toEqual(["Read", "StrReplace"]);
    expect(of(harness, "unrecorded")).toHaveLength(2);
  });
});

describe("the state of the Cursor editor", () => {
  const message = (id: string, tokens: number, more: object = {}) =>
    [
      `bubbleId:c:${id}`,
      { type: 2, createdAt: "2026-01-06T10:00:00.000Z", tokenCount: { inputTokens: tokens, outputTokens: 1 }, ...more },
    ] as const;

  test("is continued after the last row read, including rewritten rows and after VACUUM", async () => {
    using harness = new SourceHarness([cursor]);
    using database = openState(harness.home);
    writeRows(database, [
      message("a", 0, { tokenCount: { inputTokens: 0, outputTokens: 0 } }),
      message("b", 10),
      message("c", 20),
    ]);
    await harness.scan();
    expect(harness.totals).toMatchObject({ responses: 2, input: 30 });
    writeRows(database, [message("a", 5), message("d", 40)]);
    await harness.scan();
    expect(harness.totals).toMatchObject({ responses: 4, input: 75 });
    database.run("DELETE FROM cursorDiskKV WHERE key IN ('bubbleId:c:b', 'bubbleId:c:c')");
    database.run("VACUUM");
    writeRows(database, [message("e", 100)]);
    await harness.scan();
    // Responses counted once stay counted, and the new row reuses an earlier row number.
    expect(harness.totals).toMatchObject({ responses: 5, input: 175 });
  });

  test("is read except for damaged rows, which are skipped with a reason", async () => {
    using harness = new SourceHarness([cursor]);
    using database = openState(harness.home);
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
    await harness.scan();
    expect(harness.totals.responses).toBe(3);
    expect(harness.skipped.map(({ reason }) => reason).toSorted()).toEqual([
      "bad_count",
      "bad_json",
      "bad_json",
      "no_time",
    ]);
    expect(of(harness, "unrecorded")).toHaveLength(1);
  });

  test("is found on each system, and only transcripts are read below .cursor", () => {
    const roots = (env: Record<string, string>) => cursor.stores[1]?.roots(env, "/h");
    expect(roots({ APPDATA: "C:\\Users\\u\\AppData\\Roaming" })).toEqual([
      "/h/.config/Cursor/User/globalStorage",
      "/h/Library/Application Support/Cursor/User/globalStorage",
      "C:/Users/u/AppData/Roaming/Cursor/User/globalStorage",
    ]);
    using harness = new SourceHarness([cursor]);
    home.place(harness);
    for (const path of ["terminals/1.jsonl", "agent-tools/x/y.txt", "mcps/a.jsonl"])
      write(harness, `.cursor/projects/home-user-shop/${path}`, "{}");
    const searched = cursor.stores.map(() => new Set<string>());
    const found = cursor.stores.flatMap((store, at) => walk(store, store.roots({}, harness.home), searched[at]));
    expect(found).toHaveLength(5);
    expect(searched.flatMap((some) => [...some]).some((path) => /terminals|agent-tools|mcps/.test(path))).toBe(false);
    expect(found.map(({ path }) => path)).toContain(statePath(harness.home));
  });
});

describe("the lines that the stop hook stores", () => {
  const at = Date.parse("2026-11-20T10:14:00.250Z");
  const payload = {
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

  test("contain counts, ids, model, status and folder, and nothing else", () => {
    expect(JSON.parse(stopHook.line(payload, at) ?? "")).toEqual({
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

  test("exist only for turns, and have fields of limited length", () => {
    for (const none of [
      null,
      5,
      [],
      {},
      { ...payload, generation_id: 7 },
      { ...payload, hook_event_name: "afterFileEdit" },
    ])
      expect(stopHook.line(none, at)).toBeNull();
    const long = "x".repeat(100_000);
    const kept = stopHook.line(
      { ...payload, model: long, status: long, generation_id: long, workspace_roots: [long] },
      at,
    );
    expect(kept?.length).toBeLessThan(4_096);
    expect(kept).not.toContain("\n");
  });

  test("count a repeated turn once, and damaged lines are skipped with a reason", async () => {
    using harness = new SourceHarness([cursor]);
    const line = stopHook.line(payload, at) ?? "";
    write(
      harness,
      STOPS,
      [line, '{"cut', line, "[]", '{"input_tokens":5}', line.replace('"g"', '"h"').replace("20152", "-1")].join("\n") +
        "\n",
    );
    await harness.scan();
    expect(harness.totals.responses).toBe(2);
    expect(harness.skipped.map(({ reason }) => reason)).toEqual([
      "bad_json",
      "bad_json",
      "unknown_format",
      "bad_count",
    ]);
  });
});
