import { describe, expect, test } from "bun:test";
import { sources } from "../../src/sources/registry.ts";
import { codex } from "../../src/sources/codex.ts";
import { answered, expected, lost, recorded, type Sums, versions, written } from "./codex.ts";
import { type CountedResponse, type CountedAction, SourceHarness } from "./harness.ts";

async function read(name: string): Promise<SourceHarness> {
  const harness = new SourceHarness([codex]);
  harness.place(`codex/${name}/codex_home`, ".codex");
  await harness.scan();
  return harness;
}

const KEY = /^response:codex:(.*)$/;
const idOf = ({ key }: CountedResponse): string => KEY.exec(key)?.[1] ?? "";

/** Returns the thread of a response: older keys begin with it, and for newer ones it is in the recorded responses. */
function threadOf(one: CountedResponse, version: string): string {
  const id = idOf(one);
  return answered(version).find(({ response_id }) => response_id === id)?.thread_id ?? id.split(":")[0] ?? "";
}

function sumsOf(some: readonly CountedResponse[]): Sums {
  const sum = (of: (one: CountedResponse) => number): number => some.reduce((total, one) => total + of(one), 0);
  return {
    responses: some.length,
    input_tokens: sum((one) => one.input + one.cacheRead + one.cacheWrite5m + one.cacheWrite1h),
    cached_input_tokens: sum((one) => one.cacheRead),
    output_tokens: sum((one) => one.output),
    reasoning_output_tokens: sum((one) => one.reasoning),
  };
}

describe.each(versions)("Codex %s", (version) => {
  test("each thread has the totals and models determined by hand from its files", async () => {
    using harness = await read(version);
    const threads = Map.groupBy(harness.responses, (one) => threadOf(one, version));
    const found = [...threads].map(([thread, some]) => {
      const models = Map.groupBy(some, ({ model }) => model);
      const counts = Object.fromEntries([...models].map(([model, all]) => [model, all.length]));
      return [thread, { ...sumsOf(some), models: counts }] as const;
    });
    const known = Object.entries(expected(version).threads).map(([thread, all]) => {
      const { total_tokens: _, ...sums } = all as typeof all & { total_tokens: number };
      // One recorded response claims more reasoning than output.
      const most = version === "0.169.0" && sums.responses === 1 ? sums.output_tokens : Infinity;
      return [thread, { ...sums, reasoning_output_tokens: Math.min(sums.reasoning_output_tokens, most) }] as const;
    });
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(known));
    expect(harness.skipped).toEqual([]);
  });

  test("each recorded response is counted exactly once", async () => {
    using harness = await read(version);
    const counted = harness.responses.map((one) => [
      one.model,
      one.input + one.cacheRead + one.cacheWrite5m,
      one.output,
    ]);
    const truth = written(version).map(({ model_requested: model, usage }) => [
      model,
      usage?.input_tokens,
      usage?.output_tokens,
    ]);
    expect(counted.map(String).toSorted()).toEqual(truth.map(String).toSorted());
    const total = expected(version).total;
    expect(harness.responses.length).toBe(total.responses);
    expect(sumsOf(harness.responses).input_tokens).toBe(total.input_tokens);
  });
});

test("a response has the project of its thread, and a subagent's response its parent's session", async () => {
  using harness = await read("0.169.0");
  const truth = new Map(answered("0.169.0").map((one) => [one.response_id, one]));
  for (const one of harness.responses) {
    const { session_id: session = null, subagent = null } = truth.get(idOf(one)) ?? {};
    expect(one.session).toBe(String(session));
    expect(one.project).toStartWith("/home/user/workspace/w-");
    expect(one.agent).toBe(subagent === "collab_spawn" ? "subagent" : (subagent ?? ""));
  }
  const branches = harness.all<{ branch: string }>(
    "SELECT DISTINCT branch FROM response JOIN dimension_set ON dimension_set.id = dimension_id",
  );
  expect(branches.map(({ branch }) => branch).toSorted()).toEqual(["feature/edit", "main"]);
});

test("homes of all versions in one ledger add up to the sum of each", async () => {
  using harness = new SourceHarness([codex]);
  for (const version of versions) harness.place(`codex/${version}/codex_home`, ".codex");
  await harness.scan();
  const truths = recorded.slice(0, versions.length).map(({ truth }) => truth);
  const sum = (name: keyof (typeof truths)[0]): number => truths.reduce((total, truth) => total + truth[name], 0);
  expect(harness.totals).toEqual({
    responses: sum("responses"),
    input: sum("input"),
    output: sum("output"),
    cacheRead: sum("cacheRead"),
    cacheWrite: sum("cacheWrite"),
    reasoning: sum("reasoning"),
  });
});

test("CODEX_HOME sets the directory that is read", () => {
  const [store] = codex.stores;
  expect(store?.roots({ CODEX_HOME: "~/work" }, "/home/user")).toEqual([
    "/home/user/work/sessions",
    "/home/user/work/archived_sessions",
  ]);
  expect(store?.roots({ CODEX_HOME: "" }, "/home/user")[0]).toBe("/home/user/.codex/sessions");
  expect(["2026/11/20/rollout-a.jsonl", "rollout-a.jsonl.zst"].every((path) => store?.owns(path))).toBe(true);
  expect(["history.jsonl", "rollout-a.json", "my-rollout-a.jsonl"].some((path) => store?.owns(path))).toBe(false);
  expect(sources).toContain(codex);
});

const countsOf = (actions: readonly CountedAction[]): Record<string, number> => {
  const groups = Map.groupBy(actions, ({ action, name, ok }) => `${action} ${name} ${ok ?? "-"}`.replace("  ", " "));
  return Object.fromEntries([...groups].map(([what, some]) => [what, some.length]));
};

describe("activity of Codex threads", () => {
  /**
   * Each version recorded the same two turns: commands, patches of which one fails, a commit, a move, another commit.
   */
  const common = { "git add -": 2, "git commit -": 2, "file update -": 2, "file create -": 1, "file delete -": 1 };
  const expectedActions: Readonly<Record<string, Record<string, number>>> = {
    // Patches and commits failed because everything was done already; only the output shows it.
    "0.20.0": { "prompt -": 1, "tool shell 1": 2, "tool shell 0": 4, "git add -": 1, "git commit -": 1 },
    "0.36.0": { "prompt -": 1, "tool shell 1": 2, "tool shell 0": 4, "git add -": 1, "git commit -": 1 },
    "0.40.0": { ...common, "prompt -": 3, "tool shell 1": 8, "tool shell 0": 2, "compaction -": 1 },
    "0.63.0": {
      ...common,
      "prompt -": 3,
      "compaction -": 1,
      "tool shell_command 1": 6,
      "tool shell_command 0": 1,
      "tool apply_patch 1": 2,
      "tool apply_patch 0": 1,
    },
    // A command continues in the background, and this version does not record its end.
    "0.98.0": {
      ...common,
      "prompt -": 4,
      "compaction -": 1,
      "tool exec_command 1": 7,
      "tool exec_command 0": 2,
      "tool exec_command -": 1,
    },
    "0.155.0": {
      ...common,
      "prompt -": 4,
      "compaction -": 1,
      "tool exec_command 1": 5,
      "tool exec_command 0": 2,
      "tool apply_patch 1": 2,
      "tool apply_patch 0": 1,
    },
  };

  test.each(Object.entries(expectedActions))("is read completely from Codex %s", async (version, wanted) => {
    using harness = await read(version);
    expect(countsOf(harness.actions)).toEqual(wanted);
    const files = harness.actions.filter(({ action }) => action === "file");
    const lines = files.map(({ target, name, added, removed }) => [target.split("/").at(-1), name, added, removed]);
    if (files.length > 0)
      expect(lines.toSorted((a, b) => (String(a) < String(b) ? -1 : 1))).toEqual([
        ["app.py", "create", 4, 0],
        ["main.py", "update", 1, 1],
        // Only an item contains how many lines a deleted file had; a patch does not.
        ["notes.txt", "delete", 0, version === "0.155.0" ? 4 : 0],
        ["notes.txt", "update", 2, 1],
      ]);
    for (const { target } of files) expect(target).toStartWith("/home/user/workspace/");
  });

  test("contains each tool once, whether a call, an output or an item reports it", async () => {
    using harness = await read("0.169.0");
    expect(countsOf(harness.actions)).toEqual({
      "prompt -": 34,
      "tool exec_command 1": 16,
      "tool exec_command 0": 6,
      // The tool was killed with the program.
      "tool exec_command -": 1,
      "tool apply_patch 1": 5,
      "tool apply_patch 0": 2,
      "tool spawn_agent 1": 4,
      "tool wait_agent 1": 3,
      "file update -": 5,
      "file create -": 3,
      "file delete -": 2,
      "git add -": 4,
      "git commit -": 4,
      "compaction -": 3,
      "agent subagent -": 4,
      "agent review -": 1,
      "agent guardian -": 1,
      "unrecorded failed -": 2,
      "unrecorded interrupted -": 1,
      "unrecorded no usage -": 1,
    });
  });

  test("contains the end of a command in the background", async () => {
    using harness = await read("0.169.0");
    const late = harness.actions.find(({ key }) => key.endsWith(":call_m169_0052_0"));
    expect(late).toMatchObject({ name: "exec_command", ok: 0, duration: 2_856 });
  });

  test("contains each response whose usage is lost, except in a killed thread that was not resumed", async () => {
    using harness = await read("0.169.0");
    const found = harness.actions.filter(({ action }) => action === "unrecorded").map(({ session }) => session);
    const wanted = lost("0.169.0").filter(({ script }) => script !== "slow");
    expect(wanted.length).toBe(lost("0.169.0").length - 1);
    expect(found.toSorted()).toEqual(wanted.map(({ thread_id }) => thread_id).toSorted());
  });

  test("belongs to sessions, which are groups of threads with the version that started them", async () => {
    using harness = await read("0.169.0");
    const sessions = harness.all<{ key: string; version: string; first: number; last: number }>(
      "SELECT key, version, first, last FROM session",
    );
    expect(new Set(sessions.map(({ version }) => version))).toEqual(new Set(["0.169.0"]));
    // The request of one more session was rejected, so no model answered.
    const groups = new Set(
      [...written("0.169.0"), ...lost("0.169.0")].map(({ session_id }) => `session:${session_id}`),
    );
    const others = sessions.filter(({ key }) => !groups.has(key));
    expect(sessions.length - others.length).toBe(groups.size);
    expect(others.map(({ key }) => key)).toEqual(["session:01a1f86b-5498-70a1-af4b-2460ae4c35f6"]);
    for (const { first, last } of sessions) expect(last).toBeGreaterThan(first);
  });

  test("contains the newest reading of each limit, by window length", async () => {
    using harness = await read("0.169.0");
    const limits = harness.all(
      "SELECT name, window_minutes AS minutes, used_percent AS percent, resets_at AS resets FROM rate_limit",
    );
    expect(limits).toEqual([
      { name: "codex", minutes: 10_080, percent: 24.75, resets: 1_795_569_119_000 },
      { name: "codex", minutes: 300, percent: 53.5, resets: 1_795_178_119_000 },
    ]);
    const rows = harness.all<{ count: number }>("SELECT COUNT(*) AS count FROM journal WHERE key LIKE 'limit:%'");
    expect(rows[0]?.count).toBeLessThan(80);
  });

  test("does not contain chats imported from another program", async () => {
    using harness = await read("imported-claude");
    expect(harness.dump().facts).toEqual([]);
    expect(harness.skipped).toEqual([]);
  });
});
