import { describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { MAX_FILE_BYTES } from "../../src/collector/source-file.ts";
import { droid } from "../../src/sources/droid.ts";
import { complete, recorded } from "./droid.ts";
import { assistants, scanned, SourceHarness } from "./harness.ts";
import { sumOf } from "./truth.ts";

const [home] = recorded;
if (!home) throw new Error("no recorded home");

const FOLDER = join(assistants, "droid/sessions/-home-user-proj");
const files = readdirSync(FOLDER).toSorted();
const lines = files
  .filter((name) => name.endsWith(".jsonl"))
  .flatMap((name) => readFileSync(join(FOLDER, name), "utf8").trimEnd().split("\n"));
const truth = sumOf(complete);
const all = ({ totals }: SourceHarness): number => totals.input + totals.output + totals.cacheRead + totals.cacheWrite;

interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheCreationTokens?: number;
  readonly cacheReadTokens: number;
  readonly thinkingTokens?: number;
}
interface Settings {
  readonly tokenUsage: Usage;
  readonly inclusiveTokenUsage: Usage;
  readonly lastCallTokenUsage: Usage;
}

const documents = (end: string): Settings[] =>
  files.filter((name) => name.endsWith(end)).map((name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8")));
const settings = documents(".settings.json");
const beginning = (session: string): Readonly<Record<string, unknown>> =>
  JSON.parse(readFileSync(join(FOLDER, session), "utf8").split("\n")[0] ?? "");
const sum = (usages: readonly Usage[]): number =>
  usages.reduce(
    (total, one) => total + one.inputTokens + one.outputTokens + one.cacheReadTokens + (one.cacheCreationTokens ?? 0),
    0,
  );

describe("the recorded sessions of Droid", () => {
  test("are counted exactly by class and session: 194,797 tokens in total", async () => {
    using harness = await scanned(droid, home.place);
    expect(harness.totals).toEqual(home.truth);
    expect([all(harness), truth]).toEqual([194_797, 194_797]);
    expect(harness.skipped).toEqual([]);
  });

  test("have a subagent, and the time of the last answer of each session", async () => {
    using harness = await scanned(droid, home.place);
    const { responses } = harness;
    expect(responses.filter(({ agent }) => agent !== "").map(({ session }) => session.slice(0, 8))).toEqual([
      "e51d8c20",
    ]);
    const at = (session: string): string | undefined =>
      responses.filter((one) => one.session.startsWith(session)).map((one) => new Date(one.at).toISOString())[0];
    expect([at("ea2f560f"), at("3e4ad2dd")]).toEqual(["2026-11-29T02:31:30.915Z", "2026-11-29T02:52:19.244Z"]);
  });

  test("have tools by exit code, changed lines, git operations, prompts, and interrupted responses", async () => {
    using harness = await scanned(droid, home.place);
    const of = (action: string) => harness.actions.filter((one) => one.action === action);
    expect(
      of("tool")
        .filter(({ ok }) => ok === 0)
        .map(({ name }) => name),
    ).toEqual(["Edit", "Execute", "Execute", "Execute"]);
    expect(of("tool")).toHaveLength(complete.flatMap(({ calls }) => calls).length);
    expect(of("file").map(({ name, target, added, removed }) => ({ name, target, added, removed }))).toEqual([
      { name: "create", target: "/home/user/proj/note.txt", added: 3, removed: 0 },
      { name: "update", target: "/home/user/proj/note.txt", added: 2, removed: 1 },
    ]);
    expect(of("git").map(({ name }) => name)).toEqual(["add", "commit"]);
    expect(of("agent").map(({ name }) => name)).toEqual(["worker"]);
    expect(of("unrecorded").map(({ name }) => name)).toEqual(["interrupted"]);
    // A rewound session repeats the summary of the session that it was rewound from.
    expect(of("compaction").map(({ session }) => session.slice(0, 8))).toEqual(["3e4ad2dd"]);
    expect(of("prompt").find(({ session }) => session.startsWith("580fccaa"))?.length).toBe("hello T:plainA".length);
    // Without results, the program's own messages, the subagent's prompt, and the copy in the fork.
    const typed = lines.filter(
      (one) => one.includes('"role":"user"') && !/"tool_result"|"llm_only"|# Task Tool Invocation/.test(one),
    );
    expect(of("prompt")).toHaveLength(new Set(typed.map((one) => (JSON.parse(one) as { id: string }).id)).size);
  });
});

describe("naive counting rules for Droid", () => {
  const percent = (tokens: number): number => Math.round((tokens / truth - 1) * 1_000) / 10;

  test("adding up the totals of all sessions counts what a compressed session copied: 28.3% too much", () => {
    expect(percent(sum(settings.map(({ tokenUsage }) => tokenUsage)))).toBe(28.3);
    expect(percent(sum(settings.map(({ inclusiveTokenUsage }) => inclusiveTokenUsage)))).toBe(28.3);
  });

  test("leaving out all sessions with a parent loses what forks used: 17.2% too little", () => {
    const alone = files
      .filter((name) => name.endsWith(".jsonl") && beginning(name)["parent"] === undefined)
      .map(
        (name) => JSON.parse(readFileSync(join(FOLDER, name.replace(".jsonl", ".settings.json")), "utf8")) as Settings,
      );
    expect(percent(sum(alone.map(({ tokenUsage }) => tokenUsage)))).toBe(-17.2);
  });

  test("adding up the last calls, the backups, or reasoning once more gives wrong totals", () => {
    const backups = documents(".settings.json.bak");
    expect(percent(sum(settings.map(({ lastCallTokenUsage }) => lastCallTokenUsage)))).toBe(-55.8);
    expect(percent(sum([...settings, ...backups].map(({ tokenUsage }) => tokenUsage)))).toBeGreaterThan(150);
    const thinking = settings.reduce((total, { tokenUsage }) => total + (tokenUsage.thinkingTokens ?? 0), 0);
    expect(percent(sum(settings.map(({ tokenUsage }) => tokenUsage)) + thinking)).toBe(28.6);
  });
});

const line = (one: object): string => `${JSON.stringify(one)}\n`;
const time = (seconds: number): string => new Date(Date.UTC(2026, 10, 20, 10, 0, seconds)).toISOString();
const answer = (id: string, seconds: number): string =>
  line({ type: "message", id, timestamp: time(seconds), message: { role: "assistant", content: [], modelId: "m" } });
const header = (id: string, more: object = {}): string =>
  line({ type: "session_start", id, version: 2, cwd: "/p", ...more });
const summary = (seconds: number): string => line({ type: "compaction_state", id: "c", timestamp: time(seconds) });

const pathOf = (harness: SourceHarness, name: string): string => join(harness.home, ".factory/sessions/-p", name);
function write(harness: SourceHarness, name: string, content: string): void {
  mkdirSync(dirname(pathOf(harness, name)), { recursive: true });
  writeFileSync(pathOf(harness, name), content);
}
const total = (harness: SourceHarness, session: string, inputTokens: unknown, model = "m"): void =>
  write(
    harness,
    `${session}.settings.json`,
    JSON.stringify({ model, tokenUsage: { inputTokens, outputTokens: 0, cacheReadTokens: 0 } }),
  );
const counted = ({ responses }: SourceHarness): unknown[][] =>
  responses.map(({ session, at, model, input }) => [session, new Date(at).toISOString(), model, input]);

describe("made-up sessions of Droid", () => {
  test("that go on have what was added at the time when it was added, under the model of that time", async () => {
    using harness = new SourceHarness([droid]);
    write(harness, "a.jsonl", header("a") + answer("1", 1));
    total(harness, "a", 100);
    await harness.scan();
    appendFileSync(pathOf(harness, "a.jsonl"), answer("2", 50));
    total(harness, "a", 170, "n");
    await harness.scan();
    expect(counted(harness)).toEqual([
      ["a", time(1), "m", 100],
      ["a", time(50), "n", 70],
    ]);
  });

  test("that were compressed again and again count each total once, also after all but the last were deleted", async () => {
    using harness = new SourceHarness([droid]);
    write(harness, "a.jsonl", header("a") + answer("1", 1));
    total(harness, "a", 100);
    write(harness, "b.jsonl", header("b", { parent: "a" }) + summary(2) + answer("2", 3));
    total(harness, "b", 130);
    await harness.scan();
    write(harness, "c.jsonl", header("c", { parent: "b" }) + summary(4) + answer("3", 5));
    total(harness, "c", 175);
    await harness.scan();
    const expected = [
      ["a", time(1), "m", 100],
      ["b", time(3), "m", 30],
      ["c", time(5), "m", 45],
    ];
    expect(counted(harness)).toEqual(expected);
    for (const name of ["a", "b"]) for (const end of [".jsonl", ".settings.json"]) rmSync(pathOf(harness, name + end));
    total(harness, "c", 176);
    await harness.scan();
    expect(harness.totals.input).toBe(176);
  });

  test("that are used again after they were compressed have both continuations", async () => {
    using harness = new SourceHarness([droid]);
    write(harness, "a.jsonl", header("a") + answer("1", 1));
    total(harness, "a", 100);
    await harness.scan();
    write(harness, "b.jsonl", header("b", { parent: "a" }) + summary(2) + answer("2", 3));
    total(harness, "b", 130);
    appendFileSync(pathOf(harness, "a.jsonl"), answer("4", 9));
    total(harness, "a", 107);
    await harness.scan();
    expect(counted(harness).map(([session, , , input]) => [session, input])).toEqual([
      ["a", 100],
      ["b", 30],
      ["a", 7],
    ]);
  });

  test("that were forked from a compressed one begin with zero, although they repeat its summary", async () => {
    using harness = new SourceHarness([droid]);
    write(harness, "a.jsonl", header("a") + answer("1", 1));
    total(harness, "a", 100);
    const forked = { parent: "a", forkedAtMessageId: "1" };
    write(harness, "b.jsonl", header("b", forked) + summary(0) + answer("1", 1) + answer("2", 3));
    total(harness, "b", 20);
    await harness.scan();
    expect(harness.totals.input).toBe(120);
  });

  test("that were compressed count the copied total once, however large their transcript is", async () => {
    using harness = new SourceHarness([droid]);
    write(harness, "a.jsonl", header("a") + answer("1", 1));
    total(harness, "a", 100);
    const start = header("b", { parent: "a" }) + summary(2) + answer("2", 3);
    write(harness, "b.jsonl", start);
    // A hole of zeros, which takes no space.
    truncateSync(pathOf(harness, "b.jsonl"), MAX_FILE_BYTES);
    appendFileSync(pathOf(harness, "b.jsonl"), `\n${answer("3", 4)}`);
    total(harness, "b", 130);
    await harness.scan(["usage"]);
    expect(counted(harness)).toEqual([
      ["a", time(1), "m", 100],
      ["b", time(4), "m", 30],
    ]);
  });

  test("without a transcript, or with a damaged one, have the time of the settings until it is there", async () => {
    using harness = new SourceHarness([droid]);
    total(harness, "a", 100);
    write(harness, "b.jsonl", `\0\0\n{"type":"session_start"\n${line({ type: "message", id: 7, message: null })}`);
    total(harness, "b", 50);
    await harness.scan();
    expect(harness.totals.input).toBe(150);
    expect(harness.skipped.map(({ reason }) => reason).toSorted()).toEqual(["bad_json", "bad_json"]);
    // The transcript of the first one is restored.
    write(harness, "a.jsonl", header("a") + answer("1", 1));
    await harness.scan();
    expect(counted(harness)[0]).toEqual(["a", time(1), "m", 100]);
    expect(harness.totals.input).toBe(150);
  });

  test.each([
    ["a negative count", { tokenUsage: { inputTokens: -5, outputTokens: 3 } }, 3],
    ["a count that is a text", { tokenUsage: { inputTokens: "12", outputTokens: 3 } }, 3],
    ["a list instead of counts", { tokenUsage: [1, 2] }, 0],
    ["no counts", {}, 0],
    ["names of prototypes", { tokenUsage: { ["__proto__"]: { inputTokens: 5 } }, tags: "__proto__" }, 0],
  ])("with %s in their settings count what is valid", async (_, document, tokens) => {
    using harness = new SourceHarness([droid]);
    write(harness, "a.jsonl", header("a") + answer("1", 1));
    write(harness, "a.settings.json", JSON.stringify(document));
    await harness.scan();
    expect(all(harness)).toBe(tokens);
  });

  test("are found where FACTORY_HOME_OVERRIDE says, and at the usual place", () => {
    const roots = (env: Record<string, string>) =>
      new Set(droid.stores.flatMap((store) => store.roots(env, "/home/u")));
    expect([...roots({})]).toEqual(["/home/u/.factory/sessions"]);
    expect([...roots({ FACTORY_HOME_OVERRIDE: "/f" })]).toEqual(["/f/.factory/sessions", "/home/u/.factory/sessions"]);
  });

  test("do not include backups, or the user's own settings, which hold keys", () => {
    const isOwned = (path: string): boolean => droid.stores.some((store) => store.owns(path));
    expect(["-p/a.settings.json", "-p/a.jsonl"].every(isOwned)).toBe(true);
    expect(["-p/a.settings.json.bak", "settings.json", "-p/settings.json"].some(isOwned)).toBe(false);
  });
});
