import { describe, expect, test } from "bun:test";
import { fields, parse } from "../../src/utils/json.ts";
import { A, B, counted, lines, OLD, pathOf, plus, TEN, uuid7, whole } from "./codex-lines.ts";
import type { SourceHarness } from "./harness.ts";

const SECOND = 1_000;
const one = async (...all: (string | Buffer)[]): Promise<SourceHarness> => counted({ [pathOf(OLD)]: all });

describe("running totals of a Codex thread", () => {
  const begin = [lines.meta(TEN, OLD), lines.context(TEN + 1, "gpt-5.5")];

  test("each growth of the total is a response, and a repeated total is not", async () => {
    using harness = await one(
      ...begin,
      lines.count(TEN + 2, A, A),
      lines.count(TEN + 3, A, A),
      lines.count(TEN + 4, plus(A, B), [0, 0, 0, 0]),
      lines.count(TEN + 5, plus(A, B), [0, 0, 0, 0]),
    );
    expect(harness.responses.map((one) => [one.input, one.cacheRead, one.output, one.reasoning])).toEqual([
      [60, 40, 10, 4],
      [150, 50, 20, 5],
    ]);
    expect(harness.responses[0]).toMatchObject({ model: "gpt-5.5", session: OLD, project: "/work/app", at: TEN + 2 });
  });

  test("totals that start again are counted again, even with the same numbers", async () => {
    using harness = await one(
      ...begin,
      lines.count(TEN + 2, A, A),
      lines.count(TEN + 3, plus(A, B), B),
      lines.count(TEN + 4, A, A),
      lines.count(TEN + 5, plus(A, A), A),
    );
    expect(harness.responses.map(whole)).toEqual([100, 200, 100, 100]);
  });

  test("invalid numbers are not counted, and later responses are", async () => {
    const bad = lines.count(TEN + 3, plus(A, B), B).replaceAll('"input_tokens":300', '"input_tokens":-300');
    using harness = await one(...begin, lines.count(TEN + 2, A, A), bad, lines.count(TEN + 4, plus(plus(A, B), A), A));
    // The damaged response is recovered as the difference in the next event.
    expect(harness.responses.map(whole).toSorted((a, b) => a - b)).toEqual([100, 100, 200]);
    expect(harness.skipped.map(({ reason }) => reason)).toEqual(["bad_count"]);
  });

  test("a damaged number that is still valid changes no other response", async () => {
    const all = [A, plus(A, A), plus(plus(A, A), A)];
    const counts = all.map((total, at) => lines.count(TEN + 2 + at, total, A));
    for (const value of ["0", "7", "999999999999"]) {
      const damaged = counts.map((text, at) =>
        at === 1 ? text.replace('"input_tokens":200', `"input_tokens":${value}`) : text,
      );
      using harness = await one(...begin, ...damaged);
      expect(harness.responses.map(whole)).toEqual([100, 100, 100]);
    }
  });

  test("a total is skipped if there is no previous total or last usage", async () => {
    const bare = lines.count(TEN + 2, A, A).replace(/,"last_token_usage":\{[^}]*\}/, "");
    using harness = await one(...begin, bare);
    expect(harness.totals.responses).toBe(0);
    expect(harness.skipped.map(({ reason }) => reason)).toEqual(["no_history"]);
  });
});

describe("usage records of Codex", () => {
  const turn = uuid7(TEN + 1);
  const begin = [lines.meta(TEN, OLD), lines.started(TEN, turn), lines.context(TEN, "gpt-5.5", turn)];

  test("events of a turn with usage records are not counted", async () => {
    using harness = await one(
      ...begin,
      lines.record(TEN + 2, OLD, "resp_1", A),
      lines.count(TEN + 3, A, A),
      lines.record(TEN + 4, OLD, "resp_2", B),
      lines.count(TEN + 5, plus(A, B), B),
    );
    expect(harness.responses.map(({ key }) => key)).toEqual(["response:codex:resp_1", "response:codex:resp_2"]);
  });

  test("cache writes are part of the input", async () => {
    using harness = await one(...begin, lines.record(TEN + 2, OLD, "resp_1", A, 30));
    expect(harness.totals).toMatchObject({ input: 30, cacheRead: 40, cacheWrite: 30, output: 10 });
  });

  test("a response has the service tier that was set last", async () => {
    const set = (at: number, tier?: string): string =>
      lines.event(at, "thread_settings_applied", { thread_settings: { ...(tier && { service_tier: tier }) } });
    using harness = await one(
      ...begin,
      set(TEN + 1, "priority"),
      lines.record(TEN + 2, OLD, "resp_1", A),
      set(TEN + 3, "flex"),
      lines.record(TEN + 4, OLD, "resp_2", A),
      set(TEN + 5, "default"),
      lines.record(TEN + 6, OLD, "resp_3", A),
      set(TEN + 7, "fast"),
      set(TEN + 8),
      lines.record(TEN + 9, OLD, "resp_4", A),
    );
    const tiers = harness.all<{ tier: string }>(
      "SELECT tier FROM response JOIN dimension_set ON dimension_set.id = dimension_id ORDER BY key",
    );
    expect(tiers.map(({ tier }) => tier)).toEqual(["priority", "flex", "standard", "standard"]);
  });

  test("quoted usage is not counted: in outputs, in other lines, and in JSON within text", async () => {
    const record = lines.record(TEN + 2, OLD, "resp_1", A);
    using harness = await one(
      ...begin,
      record,
      lines.item(TEN + 3, "function_call_output", { call_id: "a", output: `${record.replace("resp_1", "resp_2")}\n` }),
      lines.other(TEN + 4, "compacted", {
        latest_token_usage_record: fields(parse(record.replace("resp_1", "x")))["payload"],
      }),
      lines.item(TEN + 5, "message", { role: "user", content: [{ text: lines.count(TEN, B, B) }] }),
    );
    expect(harness.responses.map(({ key }) => key)).toEqual(["response:codex:resp_1"]);
  });

  test("lines with another spacing or order of keys are read", async () => {
    const { timestamp, type, payload } = parse(lines.record(TEN + 2, OLD, "resp_1", A)) ?? {};
    using harness = await one(
      ...begin,
      JSON.stringify({ payload, type, timestamp }, null, 1).replaceAll("\n", " "),
      `\u{feff}${lines.record(TEN + 3, OLD, "resp_2", B)}`,
    );
    expect(harness.totals.responses).toBe(2);
  });
});

describe("damaged Codex rollouts", () => {
  test("invalid lines do not affect other lines", async () => {
    const record = (n: number): string => lines.record(TEN + n, OLD, `resp_${n}`, A);
    using harness = await one(
      lines.meta(TEN, OLD),
      record(1),
      record(2).slice(0, 120),
      record(3),
      Buffer.from([0xff, 0xfe, 0, 0x7b]),
      Buffer.alloc(5_000),
      '{"timestamp":"2026-11-20T10:00:00.000Z","type":"token_usage_record","payload":{"usage":{"__proto__":{}}}}',
      `{"timestamp":"x","type":"token_usage_record","payload":${"[".repeat(5_000)}`,
      record(4),
    );
    expect(harness.responses.map(({ key }) => key.slice(-6))).toEqual(["resp_1", "resp_3", "resp_4"]);
    expect(harness.skipped.map(({ reason }) => reason).toSorted()).toEqual([
      "bad_count",
      "bad_json",
      "bad_json",
      "bad_json",
    ]);
  });

  test("a file without its first line gets its session from the file name", async () => {
    using harness = await one("{", lines.context(TEN, "gpt-5.5"), lines.count(TEN + 2, A, A));
    expect(harness.responses).toMatchObject([{ session: OLD, model: "gpt-5.5" }]);
    expect(harness.skipped.map(({ reason }) => reason)).toEqual(["bad_json", "no_beginning"]);
  });
});

describe("rate limits in Codex rollouts", () => {
  test("limits are distinguished by family, and windows by their length", async () => {
    const window = (minutes: number, percent: number) => ({
      used_percent: percent,
      window_minutes: minutes,
      resets_at: TEN / SECOND + minutes * 60,
    });
    const limitsEvent = (at: number, more: object): string =>
      lines.event(at, "token_count", { info: null, rate_limits: more });
    using harness = await one(
      lines.meta(TEN, OLD),
      limitsEvent(TEN + 1, {
        limit_id: "codex",
        primary: window(300, 12),
        secondary: window(10_080, 3),
        plan_type: "pro",
      }),
      limitsEvent(TEN + 2, { limit_id: "codex_other", primary: window(300, 90), secondary: null }),
      // The shorter window need not come first, and old versions name no family.
      limitsEvent(TEN + 3, { primary: window(10_080, 4), secondary: window(300, 13) }),
      limitsEvent(TEN + 4, { primary: { used_percent: 1, window_minutes: 60, resets_in_seconds: 61.5 } }),
    );
    const limits = harness.all(
      "SELECT name, window_minutes AS minutes, used_percent AS percent, plan FROM rate_limit ORDER BY name, minutes",
    );
    expect(limits).toEqual([
      { name: "codex", minutes: 60, percent: 1, plan: "" },
      { name: "codex", minutes: 300, percent: 13, plan: "" },
      { name: "codex", minutes: 10_080, percent: 4, plan: "" },
      { name: "codex_other", minutes: 300, percent: 90, plan: "" },
    ]);
  });
});

describe("actions in Codex rollouts", () => {
  const turn = uuid7(TEN + 1);
  const begin = [lines.meta(TEN, OLD), lines.started(TEN, turn), lines.context(TEN, "gpt-5.5", turn)];
  const call = (at: number, id: string, name: string, given: object): string =>
    lines.item(at, "function_call", { call_id: id, name, arguments: JSON.stringify(given) });
  const output = (at: number, id: string, text: string): string =>
    lines.item(at, "function_call_output", { call_id: id, output: text });
  const done = (harness: SourceHarness) =>
    harness.actions.map(({ action, name, ok, duration, target }) => [action, name, ok, duration, target]);

  test("commands and patches are read from events, in versions that write them", async () => {
    using harness = await one(
      ...begin,
      call(TEN + 10, "a", "shell", { command: ["bash", "-lc", "git push"], workdir: "sub" }),
      lines.event(TEN + 20, "exec_command_end", { call_id: "a", exit_code: 1, duration: { secs: 2, nanos: 5e8 } }),
      output(TEN + 30, "a", "rejected"),
      lines.item(TEN + 40, "custom_tool_call", { call_id: "b", name: "apply_patch", input: "*** Begin Patch" }),
      lines.event(TEN + 50, "patch_apply_end", {
        call_id: "b",
        success: true,
        changes: { "/work/app/a.ts": { type: "update", unified_diff: "@@ -1 +1 @@\n-a\n+b\n", move_path: null } },
      }),
    );
    expect(done(harness)).toEqual([
      ["git", "push", null, null, "/work/app/sub"],
      ["tool", "shell", 0, 2_500, ""],
      ["tool", "apply_patch", 1, null, ""],
      ["file", "update", null, null, "/work/app/a.ts"],
    ]);
  });

  test("an interrupted tool and a command run by the user are not counted as lost responses", async () => {
    using harness = await one(
      ...begin,
      call(TEN + 10, "a", "exec_command", { cmd: "sleep 60" }),
      lines.record(TEN + 20, OLD, "resp_1", A),
      output(TEN + 30, "a", "aborted by user after 3.2s"),
      lines.event(TEN + 40, "turn_aborted", { reason: "interrupted" }),
      lines.event(TEN + 50, "item_completed", {
        item: {
          type: "CommandExecution",
          id: "x",
          source: "user_shell",
          command: ["sh", "-c", "git push"],
          exit_code: 0,
        },
      }),
    );
    expect(done(harness).map(([action, name, ok]) => [action, name, ok])).toEqual([["tool", "exec_command", 0]]);
  });

  test("a response that fails, is requested again and fails for good is counted as two lost responses", async () => {
    const event = (at: number, type: string, more: object = {}): string => lines.event(TEN + at, type, more);
    const message = (at: number): string =>
      event(at, "item_completed", { item: { type: "AgentMessage", id: String(at) } });
    using harness = await one(
      lines.meta(TEN, OLD, { cli_version: "0.169.0" }),
      lines.started(TEN, turn),
      lines.context(TEN + 5, "gpt-5.5", turn),
      call(TEN + 10, "a", "exec_command", { cmd: "true" }),
      lines.record(TEN + 20, OLD, "resp_1", A),
      output(TEN + 30, "a", "Process exited with code 0"),
      lines.count(TEN + 40, A, A),
      message(50),
      lines.count(TEN + 60, A, A),
      message(70),
      event(80, "task_complete", { error: { codex_error_info: "response_stream_disconnected" } }),
    );
    const lost = harness.actions.filter(({ action }) => action === "unrecorded");
    expect(lost.map(({ name, at }) => [name, at - TEN])).toEqual([
      ["failed", 30],
      ["failed", 70],
    ]);
  });

  test("a response lost because the program was killed is counted once the thread is resumed", async () => {
    const later = uuid7(TEN + 1_000);
    const broken = [
      lines.meta(TEN, OLD, { cli_version: "0.169.0" }),
      lines.started(TEN, turn),
      lines.context(TEN + 5, "gpt-5.5", turn),
      lines.event(TEN + 10, "item_completed", { item: { type: "Reasoning", id: "r" } }),
    ];
    using killed = await one(...broken);
    expect(killed.actions).toEqual([]);
    using again = await one(...broken, lines.started(TEN + 1_000, later));
    expect(again.actions).toMatchObject([{ action: "unrecorded", name: "interrupted", at: TEN + 5 }]);
  });
});
