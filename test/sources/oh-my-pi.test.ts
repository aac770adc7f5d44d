import { describe, expect, test } from "bun:test";
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ohMyPi } from "../../src/sources/oh-my-pi.ts";
import { assistants, SourceHarness, scanned } from "./harness.ts";
import { begun, expected, recorded, SESSIONS } from "./oh-my-pi.ts";
import { completeResponses, sumOf, tokensOf } from "./truth.ts";
import { pi } from "../../src/sources/pi.ts";

const [home] = recorded;
if (!home) throw new Error("no recorded home");

const RECORDED = join(assistants, "oh-my-pi/18.3.4/sessions");
const files = readdirSync(RECORDED, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".jsonl"));
const all = ({ totals }: SourceHarness): number => totals.input + totals.output + totals.cacheRead + totals.cacheWrite;
const read = (): Promise<SourceHarness> => scanned(ohMyPi, (harness) => home.place(harness));

interface Line {
  readonly type: string;
  readonly id: string;
  readonly timestamp: string;
  readonly usage?: { readonly totalTokens: number };
  readonly message?: { readonly role: string; readonly usage?: { readonly totalTokens: number } };
}

const linesOf = (names: readonly string[]): Line[] =>
  names.flatMap((name) =>
    readFileSync(join(RECORDED, name), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line),
  );
const totalOf = ({ message, usage }: Line): number => (message?.usage ?? usage)?.totalTokens ?? 0;
const onceOf = (lines: readonly Line[]): Line[] => [
  ...new Map(lines.map((one) => [`${one.id} ${one.timestamp}`, one])).values(),
];
const sum = (lines: readonly Line[]): number => lines.reduce((total, one) => total + totalOf(one), 0);

describe("the recorded sessions of oh-my-pi", () => {
  test("are counted exactly: 274,393 tokens of complete responses, and 4,957 of an interrupted one", async () => {
    using harness = await read();
    expect(harness.totals).toEqual(home.truth);
    expect([tokensOf(expected.recorded), begun.reduce((total, one) => total + tokensOf(one), 0)]).toEqual([
      274_393, 4_957,
    ]);
    expect(all(harness)).toBe(279_350);
    const lost = expected.unrecorded.reduce((total, one) => total + one.tokens, 0);
    expect(tokensOf(expected.recorded) + lost).toBe(sumOf(completeResponses("oh-my-pi/18.3.4")));
    expect(harness.skipped).toEqual([]);
  });

  test("have cache writes by lifetime, and costs that our prices give too", async () => {
    using harness = await read();
    const long = harness.responses.reduce((total, one) => total + one.cacheWrite1h, 0);
    // 141 of them belong to the interrupted response.
    expect(long).toBe(expected.recorded.cacheWrite1h + 141);
    expect(harness.responses[0]).toMatchObject({ cost: 12_968_550, costKind: 2, cacheWrite5m: 203, cacheWrite1h: 101 });
  });

  test("have subagents by type, also in requests that are not part of the conversation", async () => {
    using harness = await read();
    const byAgent = Map.groupBy(harness.responses, ({ agent }) => agent);
    expect([byAgent.get("")?.length, byAgent.get("task")?.length, byAgent.get("sonic")?.length]).toEqual([31, 7, 4]);
    const agents = harness.actions.filter(({ action }) => action === "agent");
    expect(agents.map(({ name }) => name)).toEqual(["task", "sonic"]);
    // No request of a subagent is a prompt of the user.
    const own = new Set(harness.actions.filter(({ action }) => action === "prompt").map(({ session }) => session));
    expect(own.has("01a22521-04c4-72ee-949b-504aad6e041b")).toBe(false);
    expect(harness.responses.every(({ model }) => model !== "")).toBe(true);
  });

  test("have a fork's copies in the session that paid for them", async () => {
    using harness = await read();
    const own = (id: string): number => harness.responses.filter(({ session }) => session.startsWith(id)).length;
    // The interrupted response is one of the seven.
    expect([own("01a22521-4cf3"), own("01a22523-0816")]).toEqual([7, 3]);
  });

  test("have tools by exit code, written files, git operations, and the compaction as not recorded", async () => {
    using harness = await read();
    const of = (action: string) => harness.actions.filter((one) => one.action === action);
    expect(
      of("tool")
        .filter(({ ok }) => ok === 0)
        .map(({ name }) => name),
    ).toEqual(["edit", "bash", "bash"]);
    expect(of("file").map(({ name, target, added }) => [name, target, added])).toEqual([
      ["create", "/home/user/proj/note.txt", 3],
      ["create", "/home/user/proj/b.txt", 1],
    ]);
    expect(of("git").map(({ name }) => name)).toEqual(["add", "commit"]);
    expect(of("compaction")).toHaveLength(1);
    expect(of("unrecorded").map(({ name }) => name)).toEqual(["compaction"]);
  });

  test("are read again, with the same facts, if a title is filled in at their beginning", async () => {
    using harness = await read();
    const before = harness.dump().facts;
    const name = files.find((one) => one.endsWith("aa6.jsonl")) ?? "";
    const path = join(harness.home, SESSIONS, name);
    const text = readFileSync(path, "utf8");
    const title = "A title of 24 characters";
    const titled = text.replace('"title":""', `"title":"${title}"`).replace(" ".repeat(title.length), "");
    expect(titled.length).toBe(text.length);
    await Bun.write(path, titled);
    expect((await harness.scan()).files).toBe(1);
    expect(harness.dump().facts).toEqual(before);
    const last = text.trimEnd().split("\n").at(-2) ?? "";
    appendFileSync(path, `${last.replaceAll("02:27:13", "02:57:13")}\n`);
    await harness.scan();
    expect(harness.totals.responses).toBe(home.truth.responses + 1);
  });

  test("give the same totals if the source of pi reads them, and one count if both do", async () => {
    const env = { PI_CODING_AGENT_DIR: "~/shared" };
    using harness = new SourceHarness([pi, ohMyPi], env);
    harness.place("oh-my-pi/18.3.4/sessions", "shared/sessions");
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
    expect((await harness.scan()).files).toBe(0);
    // A copy in oh-my-pi's own folder has the same responses.
    home.place(harness);
    await harness.scan();
    expect(harness.totals).toEqual(home.truth);
    expect((await harness.scan()).files).toBe(0);
  });
});

describe("naive counting rules for oh-my-pi", () => {
  const lines = linesOf(files);
  const truth = 279_350;
  const excess = (tokens: number): number => Math.round((tokens / truth - 1) * 1_000) / 10;

  test("adding up every entry counts a fork's copies: 14.6% too much", () => {
    expect([sum(onceOf(lines)), excess(sum(lines))]).toEqual([truth, 14.6]);
  });

  test("reading only the files of sessions leaves out subagents: 21.9% too little", () => {
    expect(excess(sum(onceOf(linesOf(files.filter((name) => name.split("/").length === 2)))))).toBe(-21.9);
  });

  test("counting only messages leaves out requests that choose how to think: 5.8% too little", () => {
    expect(excess(sum(onceOf(lines.filter(({ type }) => type === "message"))))).toBe(-5.8);
  });

  test("adding reasoning to the output counts it twice", () => {
    expect(sum(onceOf(lines)) + expected.recorded.reasoning).toBeGreaterThan(truth);
  });

  test("counting one response per short id would lose none here, but ids have only 8 digits", () => {
    expect(lines.filter(totalOf).every(({ id }) => /^[0-9a-f]{8}$/.test(id))).toBe(true);
  });
});
