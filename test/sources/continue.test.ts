import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { continue as continueCli } from "../../src/sources/continue.ts";
import { expected, onlyInSums, recorded } from "./continue.ts";
import { completeResponses, sumOf, tokensOf } from "./truth.ts";
import { assistants, scanned, SourceHarness } from "./harness.ts";

const [home] = recorded;
if (!home) throw new Error("no recorded home");

const SESSIONS = join(assistants, "continue/sessions");
const ORIGIN = "7059233a-7dc1-482b-8321-9ae2a18bb460";
const FORK = "202ddf5e-3a38-4990-b6b3-755bed68632b";

/** Usage of a response. */
interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: Readonly<Record<string, number>>;
}
/** A message of a session. */
interface Message {
  readonly content: string;
  readonly usage?: Usage;
  readonly toolCalls?: readonly { readonly id: string }[];
}
/** A session file. */
interface SessionFile {
  readonly history: readonly { readonly message: Message }[];
  readonly usage: {
    readonly promptTokens: number;
    readonly completionTokens: number;
    readonly promptTokensDetails: { readonly cachedTokens: number; readonly cacheWriteTokens: number };
  };
}

const sessions = readdirSync(SESSIONS)
  .filter((name) => name !== "sessions.json")
  .map((name) => JSON.parse(readFileSync(join(SESSIONS, name), "utf8")) as SessionFile);
const messages = sessions.flatMap(({ history }) => history.map(({ message }) => message));
const once = [
  ...new Map(
    messages.map((one) => [JSON.stringify([one.usage, one.content, one.toolCalls?.map(({ id }) => id)]), one]),
  ).values(),
];
const sum = (some: readonly Message[], of: (usage: Usage, details: Readonly<Record<string, number>>) => number) =>
  some.reduce((total, { usage }) => total + (usage ? of(usage, usage.prompt_tokens_details ?? {}) : 0), 0);
const inAndOut = ({ prompt_tokens, completion_tokens }: Usage): number => prompt_tokens + completion_tokens;
/** All tokens: only Anthropic's prompts exclude cached ones. */
const right = (usage: Usage, { cache_read_tokens, cache_write_tokens = 0 }: Readonly<Record<string, number>>): number =>
  inAndOut(usage) + (cache_read_tokens === undefined ? 0 : cache_read_tokens + cache_write_tokens);

describe("the recorded sessions of Continue", () => {
  test("contain all responses except titles and those of runs that were interrupted or failed", async () => {
    using harness = await scanned(continueCli, home.place);
    expect(harness.totals).toEqual(home.truth);
    expect(harness.skipped).toEqual([]);
    const served = completeResponses("continue");
    const tokens = sumOf(served);
    const missing = expected.unrecorded.reduce((total, one) => total + one.tokens, 0);
    expect([served.length, tokens, expected.unrecorded.length]).toEqual([56, 259_462, 6]);
    expect(tokensOf(harness.totals)).toBe(tokens - missing);
    expect(tokensOf(harness.totals)).toBe(234_796);
  });

  test("have the responses of a subagent and of a compaction as remainders without a model", async () => {
    using harness = await scanned(continueCli, home.place);
    const rests = harness.responses.filter(({ key }) => key.startsWith("total:"));
    expect(rests.map(({ session, model }) => ({ session, model }))).toEqual(
      onlyInSums.map(({ session }) => ({ session, model: "" })),
    );
    expect(rests.map(({ input, output, cacheRead }) => ({ input, output, cacheRead }))).toEqual(
      onlyInSums.map(({ input, output, cacheRead }) => ({ input, output, cacheRead })),
    );
  });

  test("contain tools, of which commands have no outcome, changed files, commits and compactions", async () => {
    using harness = await scanned(continueCli, home.place);
    const of = (action: string) => harness.actions.filter((one) => one.action === action);
    expect(of("tool")).toHaveLength(30);
    const outcomes = Map.groupBy(of("tool"), ({ name }) => name);
    expect(new Set(outcomes.get("Bash")?.map(({ ok }) => ok))).toEqual(new Set([null]));
    expect(outcomes.get("MultiEdit")?.map(({ ok }) => ok)).toEqual([0, 0]);
    expect(of("file").map(({ name, target, added, removed }) => ({ name, target, added, removed }))).toEqual([
      { name: "create", target: "/home/user/project/note.txt", added: 3, removed: 0 },
    ]);
    expect(of("git").map(({ name }) => name)).toEqual(["add", "commit"]);
    expect(of("prompt")).toHaveLength(13);
    expect(of("compaction")).toHaveLength(1);
    expect(of("agent").map(({ name }) => name)).toEqual(["claude", "claudesub", "claudesub"]);
    expect(harness.all("SELECT DISTINCT project FROM session")).toEqual([{ project: "/home/user/project" }]);
    // The list of all sessions has the only times.
    expect(harness.all(`SELECT first FROM session WHERE session = '${ORIGIN}'`)).toEqual([
      { first: 1_795_920_647_392 },
    ]);
    expect(harness.responses.find(({ session }) => session === ORIGIN)?.at).toBe(1_795_920_647_392);
  });

  test("give a fork's copies to the session that they were copied from, or keep them if it was deleted", async () => {
    using harness = await scanned(continueCli, home.place);
    const countOf = (session: string): number => harness.responses.filter((one) => one.session === session).length;
    expect([ORIGIN, FORK].map(countOf)).toEqual([6, 4]);
    using other = new SourceHarness([continueCli]);
    home.place(other);
    rmSync(join(other.home, ".continue/sessions", `${ORIGIN}.json`));
    await other.scan();
    expect(other.totals).toEqual(home.truth);
    expect(other.responses.filter(({ session }) => session === FORK)).toHaveLength(10);
  });
});

describe("naive counting rules for Continue", () => {
  const truth = 234_796;

  test("adding up all histories counts copies and misses compactions and subagents", () => {
    expect(sum(messages, right)).toBe(220_783);
    expect(sum(once, right)).toBe(191_284);
    expect(sum(messages, ({ total_tokens }) => total_tokens)).toBe(139_085);
  });

  test("adding cached tokens to every prompt counts those of OpenAI twice", () => {
    const all = sum(
      once,
      (usage, { cached_tokens = 0, cache_write_tokens = 0 }) => inAndOut(usage) + cached_tokens + cache_write_tokens,
    );
    expect(all).toBe(225_995);
    expect(all).toBeGreaterThan(sum(once, right));
  });

  test("adding up the sums of sessions is wrong with and without their cached tokens", () => {
    const sums = sessions.map(({ usage }) => usage);
    const plain = sums.reduce((total, one) => total + one.promptTokens + one.completionTokens, 0);
    const cached = sums
      .map(({ promptTokensDetails: one }) => one.cachedTokens + one.cacheWriteTokens)
      .reduce((total, one) => total + one, 0);
    expect([plain, plain + cached]).toEqual([122_588, 235_472]);
    // The second is near, because it counts written tokens of OpenAI twice.
    expect(plain + cached - truth).toBe(676);
  });
});
