import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { codex } from "../../src/sources/codex.ts";
import { type Fields, fields, parse } from "../../src/utils/json.ts";
import { rolloutsOf } from "./codex.ts";
import { A, B, counted, lines, NEW, OLD, pathOf, plus, TEN, usage, uuid7, whole, write } from "./codex-lines.ts";
import { SourceHarness } from "./harness.ts";

const { path: PARENT = "", text: parentText = "" } = rolloutsOf("0.98.0")[0] ?? {};
const { text: laterText = "" } = rolloutsOf("0.155.0")[0] ?? {};
const parent = parentText.trimEnd().split("\n");
const PARENT_ID = String(fields(parse(parent[0] ?? "")?.["payload"])["id"]);
const LATER_ID = String(fields(parse(laterText.slice(0, laterText.indexOf("\n")))?.["payload"])["id"]);

/** Changes a line's thread and totals so that it continues the parent thread. */
function continued(line: string): string {
  const value = parse(line.replaceAll(LATER_ID, PARENT_ID)) ?? {};
  const info = fields(fields(value["payload"])["info"]);
  const total = fields(info["total_token_usage"]) as Record<string, number>;
  const before: Record<string, number> = usage([105_555, 41_565, 2_385, 665]);
  for (const name in total) total[name] = (total[name] ?? 0) + (before[name] ?? 0);
  return JSON.stringify(value);
}

/** A thread of a version without records, resumed by a version that writes them. */
const mixed = [...parent, ...laterText.trimEnd().split("\n").slice(1).map(continued)];

describe("threads that are continued, forked or rewritten", () => {
  test("a thread started by one version and resumed by a later one is counted completely", async () => {
    using harness = await counted({ [`.codex/${PARENT}`]: mixed });
    expect(harness.totals).toMatchObject({ responses: 20, input: 2 * (105_555 - 41_565), output: 2 * 2_385 });
    const models = Map.groupBy(harness.responses, ({ model }) => model);
    expect([...models].map(([model, some]) => [model, some.length])).toEqual([
      ["gpt-5.3-codex", 10],
      ["gpt-5.5", 10],
    ]);
  });

  const begun = Date.parse("2026-11-20T11:00:00Z");
  const FORK = uuid7(begun);
  const at = (text: string, time: number): string =>
    text.replace(/"timestamp":"[^"]*"/, `"timestamp":"${new Date(time).toISOString()}"`);
  /** One prompt and its response. */
  const answer = (rolloutsOf("0.153.4")[0]?.text ?? "")
    .trimEnd()
    .replaceAll(/"turn_id":"[^"]*"/g, `"turn_id":"${uuid7(begun + 90_000)}"`)
    .replaceAll(/"thread_id":"[^"]*"/g, `"thread_id":"${FORK}"`)
    .replaceAll(/"session_id":"[^"]*"/g, `"session_id":"${FORK}"`)
    .split("\n")
    .slice(1)
    .map((text, index) => at(text, begun + 90_000 + index));
  /** Copied lines with times that start at the fork's. */
  const copied = (step: number): string[] => mixed.map((text, index) => at(text, begun + index * step));
  const meta = lines.meta(begun, FORK, { forked_from_id: PARENT_ID, cli_version: "0.169.0" });
  const forks = {
    "written at once": [meta, ...copied(0), ...answer],
    "written slowly": [meta, ...copied(60), ...answer],
    "with the times of its parent": [meta, ...mixed, ...answer],
    "by a version that does not say so": [lines.meta(begun, FORK), ...copied(1), ...answer],
  };

  test.each(Object.entries(forks))("a fork, %s, counts only what came after it", async (_, fork) => {
    using harness = await counted({ [`.codex/${PARENT}`]: mixed, [pathOf(FORK)]: fork });
    expect(harness.totals).toMatchObject({ responses: 21, input: 2 * (105_555 - 41_565) + 5_994 });
    const sessions = Map.groupBy(harness.responses, ({ session }) => session);
    expect([...sessions].map(([session, some]) => [session, some.length])).toEqual([
      [PARENT_ID, 20],
      [FORK, 1],
    ]);
    const prompts = harness.actions.filter(({ action, session }) => action === "prompt" && session === FORK);
    expect(prompts.length).toBe(1);
    // Without the parent's file, copied records still belong to the parent, because their ids name it.
    rmSync(join(harness.home, ".codex", PARENT));
    using alone = await counted({ [pathOf(FORK)]: fork });
    expect(alone.responses.filter(({ session }) => session === FORK).length).toBe(1);
    expect(alone.responses.filter(({ session }) => session === PARENT_ID).length).toBe(10);
  });

  test("a subagent that was given its parent's history counts only turns with later ids", async () => {
    const [before, after] = [uuid7(TEN + 10), uuid7(TEN + 60_010)];
    using harness = await counted({
      [pathOf(NEW)]: [
        lines.meta(TEN + 60_000, NEW, {
          forked_from_id: OLD,
          source: { subagent: { thread_spawn: { parent_thread_id: OLD, agent_role: "explorer" } } },
        }),
        lines.meta(TEN + 60_000, OLD),
        lines.started(TEN + 60_000, before),
        lines.context(TEN + 60_000, "gpt-5.5", before),
        lines.count(TEN + 60_000, A, A),
        lines.event(TEN + 60_000, "user_message", { message: "typed in the parent" }),
        // By its time alone the line could be a copy.
        lines.started(TEN + 60_020, after),
        lines.context(TEN + 60_020, "gpt-6", after),
        lines.count(TEN + 60_030, plus(A, B), B),
      ],
    });
    expect(harness.responses).toMatchObject([{ session: OLD, agent: "explorer", model: "gpt-6", input: 150 }]);
    expect(harness.actions).toMatchObject([{ action: "agent", name: "explorer", session: OLD }]);
  });

  describe("a migrated subagent, whose first own ordinal is given as the number of its lines", () => {
    const numbered = (text: string, ordinal: number): string => JSON.stringify({ ...parse(text), ordinal });
    const begin = lines.meta(TEN + 60_000, NEW, {
      parent_thread_id: OLD,
      source: { subagent: { thread_spawn: { parent_thread_id: OLD, agent_role: "explorer" } } },
      history_mode: "paginated",
      subagent_history_start_ordinal: 99,
    });
    const turns = (ids: { readonly copied: string; readonly own: string }, at: number): string[] => [
      lines.started(TEN + 60_000, ids.copied),
      lines.context(TEN + 60_000, "gpt-5.5", ids.copied),
      lines.count(TEN + 60_000, A, A),
      lines.started(at, ids.own),
      lines.context(at, "gpt-6", ids.own),
      lines.count(at + 10, plus(A, B), B),
    ];
    const all = (more: readonly string[]): string[] => [begin, ...more].map(numbered);

    test("counts all of its turns by their ids if nothing was copied", async () => {
      const turn = uuid7(TEN + 60_010);
      using harness = await counted({
        [pathOf(NEW)]: all([
          lines.started(TEN + 60_010, turn),
          lines.context(TEN + 60_010, "gpt-6", turn),
          lines.count(TEN + 60_020, A, A),
        ]),
      });
      expect(harness.responses).toMatchObject([{ session: OLD, agent: "explorer", model: "gpt-6", input: 60 }]);
    });

    test("counts no copied turns, by their ids", async () => {
      using harness = await counted({
        [pathOf(NEW)]: all(turns({ copied: uuid7(TEN + 10), own: uuid7(TEN + 60_010) }, TEN + 60_020)),
      });
      expect(harness.responses.map(({ model, input }) => [model, input])).toEqual([["gpt-6", 150]]);
    });

    test("is counted by times if the migration assigned the ids of turns", async () => {
      using harness = await counted({
        [pathOf(NEW)]: all(turns({ copied: "rollout-1", own: "rollout-2" }, TEN + 75_000)),
      });
      expect(harness.responses.map(({ model, input }) => [model, input])).toEqual([["gpt-6", 150]]);
    });

    test("is counted by ordinals if the ids of turns contain no time", async () => {
      const kept = begin.replace('"subagent_history_start_ordinal":99', '"subagent_history_start_ordinal":4');
      using harness = await counted({
        [pathOf(NEW)]: [kept, ...turns({ copied: "1", own: "2" }, TEN + 60_010)].map(numbered),
      });
      expect(harness.responses.map(({ model, input }) => [model, input])).toEqual([["gpt-6", 150]]);
    });
  });

  test("a fork that copies nothing does not count its parent's last response again", async () => {
    const turn = uuid7(TEN + 60_010);
    const base = { forked_from_id: OLD, history_base: { thread_id: OLD } };
    const fork = (version: string): string[] => [
      lines.meta(TEN + 60_000, NEW, { ...base, cli_version: version }),
      lines.started(TEN + 60_010, turn),
      lines.context(TEN + 60_010, "gpt-5.5", turn),
    ];
    // A compaction repeats the parent's last event before its own request.
    using harness = await counted({
      [pathOf(NEW)]: [
        ...fork("0.169.0"),
        lines.count(TEN + 60_020, A, A),
        lines.record(TEN + 60_030, NEW, "resp_1", B),
        lines.count(TEN + 60_040, plus(A, B), B),
      ],
    });
    expect(harness.responses.map(whole)).toEqual([200]);
    using older = await counted({ [pathOf(NEW)]: [...fork("0.151.0"), lines.count(TEN + 60_020, plus(A, B), B)] });
    expect(older.responses.map(whole)).toEqual([200]);
  });

  /**
   * Rewrites a file as `migrate-rollouts` does: with ordinals and items, without repeated events and the parent's first
   * line.
   */
  function migrated(text: string): string[] {
    const seen = new Set<string>();
    let turn = 0;
    return text
      .trimEnd()
      .split("\n")
      .flatMap((line, ordinal): object[] => {
        const { timestamp, type, payload } = (parse(line) ?? {}) as {
          timestamp: string;
          type: string;
          payload: Fields;
        };
        const info = JSON.stringify(payload["info"]);
        if (type === "session_meta" && ordinal > 0) return [];
        if (payload["type"] === "token_count" && seen.has(info)) return [];
        seen.add(info);
        if (type === "turn_context")
          return [{ timestamp, ordinal, type, payload: { turn_id: `rollout-${turn}`, ...payload } }];
        if (payload["type"] !== "user_message") return [{ timestamp, ordinal, type, payload }];
        turn++;
        const item = {
          type: "UserMessage",
          id: `item-${ordinal}`,
          content: [{ type: "text", text: payload["message"] }],
        };
        return [
          { timestamp, ordinal, type, payload: { type: "task_started", turn_id: `rollout-${turn}` } },
          { timestamp, ordinal, type, payload: { type: "item_completed", turn_id: `rollout-${turn}`, item } },
        ];
      })
      .map((value) => JSON.stringify(value));
  }

  test.each(["0.36.0", "0.40.0", "0.63.0", "0.98.0"])(
    "files of %s rewritten by a later version give the same facts",
    async (version) => {
      using harness = new SourceHarness([codex]);
      harness.place(`codex/${version}/codex_home`, ".codex");
      await harness.scan();
      const before = {
        totals: harness.totals,
        responses: harness.responses,
        prompts: harness.actions.filter(isPrompt),
      };
      for (const { path, text } of rolloutsOf(version)) write(harness, `.codex/${path}`, migrated(text));
      await harness.scan();
      expect(harness.totals).toEqual(before.totals);
      expect(harness.responses).toEqual(before.responses);
      expect(harness.actions.filter(isPrompt)).toEqual(before.prompts);
    },
  );

  test("a thread stored both plain and compressed is counted once", async () => {
    using harness = await counted({ [`.codex/${PARENT}`]: mixed });
    const before = harness.dump().facts;
    write(harness, `.codex/archived_sessions/${PARENT.split("/").at(-1)}.zst`, []);
    await Bun.write(
      join(harness.home, `.codex/archived_sessions/${PARENT.split("/").at(-1)}.zst`),
      Bun.zstdCompressSync(Buffer.from(`${mixed.join("\n")}\n`)),
    );
    await harness.scan();
    expect(harness.dump().facts).toEqual(before);
  });
});

const isPrompt = ({ action }: { action: string }): boolean => action === "prompt";
