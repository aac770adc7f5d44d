import { describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pi } from "../../src/sources/pi.ts";
import { assistants, SourceHarness } from "./harness.ts";
import { complete, recorded, tokensOf } from "./pi.ts";
import { answer, at, header, usage, write } from "./pi-lines.ts";

const [home] = recorded;
if (!home) throw new Error("no recorded home");

const FOLDER = join(assistants, "pi/0.87.1/sessions/--home-user-proj--");
const files = readdirSync(FOLDER).toSorted();
const fork = files.find((name) => name.includes("01a1f873-01df")) ?? "";

interface Usage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly reasoning?: number;
}
interface Line {
  readonly type: string;
  readonly id: string;
  readonly timestamp: string;
  readonly usage?: Usage;
  readonly message?: { readonly role: string; readonly usage?: Usage };
}

const lines = files.flatMap((name) =>
  readFileSync(join(FOLDER, name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line),
);
const sum = (usages: readonly (Usage | undefined)[]): number =>
  usages.reduce((total, one) => total + (one ? one.input + one.output + one.cacheRead + one.cacheWrite : 0), 0);
const truth = complete.reduce((total, one) => total + tokensOf(one), 0);

describe("the recorded sessions of pi", () => {
  test("are counted exactly by class and model: 372,343 tokens in total", async () => {
    using harness = new SourceHarness([pi]);
    home.place(harness);
    await harness.scan();
    const { totals, responses } = harness;
    expect(totals).toEqual(home.truth);
    expect(totals.input + totals.output + totals.cacheRead + totals.cacheWrite).toBe(372_343);
    expect(truth).toBe(372_343);
    const byModel: Record<string, number> = {};
    for (const one of responses)
      byModel[one.model] = (byModel[one.model] ?? 0) + one.input + one.output + one.cacheRead + one.cacheWrite5m;
    expect(byModel).toEqual({ ...home.byModel });
    expect(harness.skipped).toEqual([]);
  });

  test("have pi's own cost, from its price table", async () => {
    using harness = new SourceHarness([pi]);
    home.place(harness);
    await harness.scan();
    expect(harness.responses[0]).toMatchObject({ cost: 41_580_000, costKind: 2 });
  });

  test("have a fork's copies in the session that paid for them, even if only the fork is left", async () => {
    using harness = new SourceHarness([pi]);
    home.place(harness);
    await harness.scan();
    const own = (session: string): number => harness.responses.filter((one) => one.session.startsWith(session)).length;
    expect([own("01a1f872-7234"), own("01a1f873-01df")]).toEqual([7, 2]);

    using alone = new SourceHarness([pi]);
    alone.place(`pi/0.87.1/sessions/--home-user-proj--/${fork}`, `.pi/agent/sessions/--home-user-proj--/${fork}`);
    await alone.scan();
    const kept = alone.responses.map(({ session }) => session.slice(0, 13));
    expect(
      Object.fromEntries(
        Map.groupBy(kept, String)
          .entries()
          .map(([id, all]) => [id, all.length]),
      ),
    ).toEqual({
      "01a1f872-7234": 7,
      "01a1f873-01df": 2,
    });
  });

  test("have tools by exit code, changed lines, git operations, prompts, and responses without usage", async () => {
    using harness = new SourceHarness([pi]);
    home.place(harness);
    await harness.scan();
    const of = (action: string) => harness.actions.filter((one) => one.action === action);
    expect(
      of("tool")
        .map(({ ok }) => ok)
        .filter((ok) => ok === 0),
    ).toHaveLength(2);
    expect(of("file").map(({ name, target, added, removed }) => ({ name, target, added, removed }))).toEqual([
      { name: "update", target: "/home/user/proj/calc.py", added: 3, removed: 1 },
      { name: "create", target: "/home/user/proj/NOTES.md", added: 5, removed: 0 },
    ]);
    expect(of("git").map(({ name }) => name)).toEqual(["add", "commit"]);
    expect(of("unrecorded").map(({ name }) => name)).toEqual(["failed", "interrupted"]);
    expect(of("compaction")).toHaveLength(1);
    // Each prompt is counted once: those copied into the fork belong to the parent.
    const typed = new Set(lines.filter(({ message }) => message?.role === "user").map(({ id }) => id));
    expect(of("prompt")).toHaveLength(typed.size);
    expect(of("prompt")[0]?.length).toBe("Please fix it [[work]]".length);
  });

  test("give the same observations if each file is read in two parts", async () => {
    using whole = new SourceHarness([pi]);
    home.place(whole);
    await whole.scan();
    using harness = new SourceHarness([pi]);
    const folder = join(harness.home, ".pi/agent/sessions/--home-user-proj--");
    mkdirSync(folder, { recursive: true });
    for (const name of files) {
      const bytes = readFileSync(join(FOLDER, name));
      const half = Math.floor(bytes.length / 2);
      writeFileSync(join(folder, name), bytes.subarray(0, half));
      await harness.scan();
      appendFileSync(join(folder, name), bytes.subarray(half));
      await harness.scan();
    }
    expect(harness.responses).toEqual(whole.responses);
    expect(harness.actions).toEqual(whole.actions);
  });
});

describe("naive counting rules for pi", () => {
  const assistant = lines.filter(({ message }) => message?.role === "assistant");

  test("adding up every line of the assistant counts a fork's copies", () => {
    expect(sum(assistant.map(({ message }) => message?.usage))).toBe(423_986);
  });

  test("counting each response id once misses the compaction", () => {
    const once = new Map(assistant.map((one) => [`${one.id} ${one.timestamp}`, one.message?.usage]));
    expect(sum([...once.values()])).toBe(345_880);
  });

  test("adding reasoning to the output counts it twice", () => {
    const once = new Map(lines.map((one) => [`${one.id} ${one.timestamp}`, one.message?.usage ?? one.usage]));
    const reasoning = [...once.values()].reduce((total, one) => total + (one?.reasoning ?? 0), 0);
    expect(sum([...once.values()])).toBe(truth);
    expect(reasoning).toBe(home.truth.reasoning);
    expect(sum([...once.values()]) + reasoning).toBeGreaterThan(truth);
  });
});

describe("made-up sessions of pi", () => {
  test("have branch summaries and usage entries as responses of the model chosen last", async () => {
    using harness = new SourceHarness([pi]);
    write(harness, "a.jsonl", [
      header,
      answer("a", 1),
      { type: "branch_summary", id: "b", timestamp: at(2), summary: "s", usage },
      { type: "model_change", id: "c", timestamp: at(3), modelId: "n" },
      { type: "usage", id: "d", timestamp: at(4), kind: "cache_warm", usage },
      { type: "compaction", id: "e", timestamp: at(5), summary: "s" },
      { type: "compaction", id: "f", timestamp: at(6), summary: "s", fromHook: true },
    ]);
    await harness.scan();
    expect(harness.responses.map(({ model, session, project }) => [model, session, project])).toEqual([
      ["m", "s1", "/p"],
      ["m", "s1", "/p"],
      ["n", "s1", "/p"],
    ]);
    expect(harness.totals).toEqual({ responses: 3, input: 30, output: 15, cacheRead: 9, cacheWrite: 6, reasoning: 3 });
    const unrecorded = harness.actions.filter(({ action }) => action === "unrecorded");
    expect(unrecorded.map(({ name }) => name)).toEqual(["compaction"]);
  });

  test("have a second response if an id is used again at another time", async () => {
    using harness = new SourceHarness([pi]);
    write(harness, "a.jsonl", [header, answer("a", 1)]);
    write(harness, "b.jsonl", [{ ...header, id: "s2" }, answer("a", 2)]);
    await harness.scan();
    expect(harness.totals.responses).toBe(2);
  });

  test("have one call per turn if the same tool call id is used in every turn", async () => {
    using harness = new SourceHarness([pi]);
    const call = {
      content: [{ type: "toolCall", id: "functions.bash:0", name: "bash", arguments: { command: "ls" } }],
    };
    const result = { role: "toolResult", toolCallId: "functions.bash:0", toolName: "bash", content: [] };
    write(harness, "a.jsonl", [
      header,
      answer("a", 1, call),
      { type: "message", id: "b", timestamp: at(2), message: { ...result, isError: false } },
      answer("c", 3, call),
      { type: "message", id: "d", timestamp: at(4), message: { ...result, isError: true } },
    ]);
    await harness.scan();
    expect(harness.actions.map(({ name, ok, duration }) => [name, ok, duration])).toEqual([
      ["bash", 1, 1_000],
      ["bash", 0, 1_000],
    ]);
  });

  test("are read except for damaged or hostile lines, which are skipped with a reason", async () => {
    using harness = new SourceHarness([pi]);
    write(harness, "2026-11-20T10-00-00-000Z_s9.jsonl", [
      '{"type":"message","id":"x","usage',
      answer("a", 1, { usage: { ...usage, input: -5, output: 1e300 } }),
      { ...answer("", 2), id: undefined },
      { ...answer("b", 3), timestamp: 17 },
      answer("c", 4, { content: "__proto__", model: { a: 1 } }),
      answer("d", 5, {
        content: [null, 1, { type: "toolCall", id: "__proto__", name: "edit", arguments: { path: "x" } }],
      }),
      {
        type: "message",
        id: "e",
        timestamp: at(6),
        message: { role: "toolResult", toolCallId: "__proto__", details: 5 },
      },
      `{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}`,
      "\0\0\0",
      answer("f", 7),
    ]);
    await harness.scan();
    expect(harness.totals.responses).toBe(5);
    expect(harness.responses.every(({ session }) => session === "s9")).toBe(true);
    expect(harness.skipped.map(({ reason }) => reason).toSorted()).toEqual([
      "bad_count",
      "bad_json",
      "no_time",
      "unknown_format",
    ]);
  });

  test("of a newer format are counted and reported as unknown_format", async () => {
    using harness = new SourceHarness([pi]);
    write(harness, "a.jsonl", [{ ...header, version: 4 }, answer("a", 1)]);
    await harness.scan();
    expect([harness.totals.responses, harness.skipped.map(({ reason }) => reason)]).toEqual([1, ["unknown_format"]]);
  });

  test("are found where PI_CODING_AGENT_DIR and PI_CODING_AGENT_SESSION_DIR say", () => {
    const roots = (env: Record<string, string>) => pi.stores.flatMap((store) => store.roots(env, "/home/u"));
    expect(roots({})).toEqual(["/home/u/.pi/agent/sessions"]);
    expect(roots({ PI_CODING_AGENT_DIR: "~/pi", PI_CODING_AGENT_SESSION_DIR: "/s" })).toEqual([
      "/home/u/pi/sessions",
      "/s",
    ]);
  });
});
