import { describe, expect, test } from "bun:test";
import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { geminiCli } from "../../src/sources/gemini-cli.ts";
import { assistants, SourceHarness, scanned } from "./harness.ts";
import {
  answered,
  answeredLater,
  chats,
  inChats,
  isMessage,
  type Line,
  linesOf,
  type Message,
  recorded,
  tokensOf,
  totalsOf,
} from "./gemini-cli.ts";

const [home] = recorded;
if (!home) throw new Error("no recorded home");

const STUB = join(assistants, "gemini-cli/resume-stub");

const truth = inChats.reduce((total, one) => total + tokensOf(one), 0);
const sum = (messages: readonly (Message | Line)[]): number =>
  messages.reduce((total, { tokens }) => total + (tokens?.total ?? 0), 0);
const total = (harness: SourceHarness): number =>
  harness.totals.input + harness.totals.output + harness.totals.cacheRead;

describe("the recorded chats of Gemini CLI", () => {
  test("contain all responses except the program's own requests and interrupted ones", async () => {
    using harness = await scanned(geminiCli, home.place);
    expect(harness.totals).toEqual(home.truth);
    expect(total(harness)).toBe(332_784);
    expect(harness.skipped).toEqual([]);
    const ours = harness.responses.map((one) => one.input + one.output + one.cacheRead);
    expect(ours).toEqual(inChats.map(tokensOf));
    const notInChats = answered.filter(({ aux, delivered }) => aux && delivered === "complete");
    expect(notInChats.reduce((all, one) => all + tokensOf(one), 0)).toBe(50_401);
  });

  test("of a subagent belong to its parent's session", async () => {
    using harness = await scanned(geminiCli, home.place);
    const subagent = harness.responses.filter(({ agent }) => agent === "subagent");
    expect(subagent.map(({ session }) => session)).toEqual(Array(2).fill("0890b4ee-9130-42c6-95a7-196f4fee8330"));
    expect(harness.all("SELECT DISTINCT project FROM session")).toEqual([{ project: "/home/user/proj" }]);
    expect(harness.all("SELECT key FROM session")).toHaveLength(7);
    expect(harness.actions.filter(({ action }) => action === "agent")).toMatchObject([
      { name: "codebase_investigator" },
    ]);
  });

  test("contain tools with their actual outcome, changed files, commits, compressions and interruptions", async () => {
    using harness = await scanned(geminiCli, home.place);
    const of = (action: string) => harness.actions.filter((one) => one.action === action);
    expect(
      of("tool")
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(inChats.flatMap(({ tools }) => tools).toSorted());
    const failed = of("tool").filter(({ ok }) => ok === 0);
    expect(failed.map(({ key, name }) => `${name} ${key.slice(-8)}`)).toEqual([
      "run_shell_command call_3_0",
      "replace all_12_0",
    ]);
    expect(of("tool").filter(({ duration }) => duration !== null)).toEqual([]);
    expect(of("file").map(({ name, target, added, removed }) => ({ name, target, added, removed }))).toEqual([
      { name: "update", target: "/home/user/proj/calc.py", added: 3, removed: 1 },
      { name: "create", target: "/home/user/proj/NOTES.md", added: 5, removed: 0 },
    ]);
    expect(of("git").map(({ name }) => name)).toEqual(["add", "commit"]);
    expect(of("prompt")).toHaveLength(13);
    expect(of("compaction")).toHaveLength(1);
    expect(of("unrecorded").map(({ name }) => name)).toEqual(["interrupted"]);
  });
});

describe("naive counting rules for Gemini CLI", () => {
  const all = chats.flatMap(({ lines }) => lines);
  const snapshots = all.flatMap((line) => line.$set?.messages ?? []);

  test("adding up every line with tokens counts responses with tools twice", () => {
    expect(sum(all)).toBe(526_102);
    expect(sum(all)).toBeGreaterThan(truth);
  });

  test("adding up every line and every snapshot counts even more", () => {
    expect(sum(all) + sum(snapshots)).toBe(552_396);
  });

  test("counting only the final history misses rewound, compressed and resumed responses", () => {
    const last = chats.map(({ lines }) => {
      let messages = new Map<string, Message>();
      for (const line of lines) {
        const { $set, $rewindTo } = line;
        if (isMessage(line)) messages.set(line.id, line);
        else if ($set?.messages) messages = new Map($set.messages.map((one) => [one.id, one]));
        else if ($rewindTo !== undefined) {
          const ids = [...messages.keys()];
          for (const id of ids.slice(Math.max(ids.indexOf($rewindTo), 0))) messages.delete(id);
        }
      }
      return sum([...messages.values()]);
    });
    const replayed = last.reduce((a, b) => a + b, 0);
    expect(replayed).toBe(170_492);
    expect(replayed).toBeLessThan(truth);
  });

  test("counting only chats of main sessions misses subagents", () => {
    const main = chats.filter(({ name }) => !name.includes("/")).flatMap(({ lines }) => lines.filter(isMessage));
    const once = new Map(main.map((one) => [one.id, one]));
    expect(sum([...once.values()])).toBe(309_346);
  });

  test("adding cached tokens to the input, or treating thoughts as part of the output, is wrong", () => {
    const once = [...new Map(all.filter(isMessage).map((one) => [one.id, one])).values()];
    expect(sum(once)).toBe(truth);
    const cached = once.reduce((count, { tokens }) => count + (tokens?.cached ?? 0), 0);
    expect(cached).toBe(104_416);
    expect(totalsOf(inChats).reasoning).toBe(19_317);
  });
});

describe("a resumed session of Gemini CLI", () => {
  const sessionOf = (n: number): boolean => n <= 7 || n === 34 || n === 35;
  const spent = [...answered.slice(0, 7), ...answeredLater].filter(({ n }) => sessionOf(n));

  test("stays counted after the program has deleted its chat", async () => {
    using harness = new SourceHarness([geminiCli]);
    const folder = join(harness.home, ".gemini/tmp/proj/chats");
    cpSync(STUB, folder, { recursive: true });
    await harness.scan();
    expect(harness.totals).toEqual(totalsOf(spent));
    expect(total(harness)).toBe(106_644);
    const before = harness.dump();
    for (const name of readdirSync(folder)) if (name.includes("95d9d783")) rmSync(join(folder, name));
    await harness.scan();
    expect(harness.totals).toEqual(totalsOf(spent));
    expect(harness.dump()).toEqual(before);
  });

  test("is counted once, although snapshots repeat responses or lose their tokens", async () => {
    using harness = await scanned(geminiCli, (one) =>
      cpSync(STUB, join(one.home, ".gemini/tmp/proj/chats"), { recursive: true }),
    );
    const lines = linesOf(join(STUB, "session-2026-11-20T09-57-95d9d783.jsonl"));
    const repeated = lines.flatMap((line) => line.$set?.messages ?? []).filter(({ type }) => type === "gemini");
    expect(repeated.some(({ tokens }) => tokens)).toBe(true);
    expect(repeated.some(({ tokens }) => !tokens)).toBe(true);
    expect(harness.responses).toHaveLength(9);
    // The snapshot has its own time for some of them.
    const first = lines.filter(isMessage).find(({ type }) => type === "gemini");
    expect(harness.responses[0]?.at).toBe(Date.parse(first?.timestamp ?? ""));
  });
});
