import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { cline } from "../../src/sources/cline.ts";
import { expected, recorded } from "./cline.ts";
import { completeResponses, sumOf, tokensOf } from "./truth.ts";
import { assistants, scanned, SourceHarness } from "./harness.ts";

const [home] = recorded;
if (!home) throw new Error("no recorded home");

const SESSIONS = join(assistants, "cline/sessions");
/** The session with a compaction, and the two that were made from it: by a fork and by an undo. */
const ORIGIN = "1795919107450_xn8fx";
const FORK = "1795919259424_bz6q0";
const UNDONE = "1795919287582_wr4nw";

/** Metrics of a response. */
interface Metrics {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}
/** A message of a session. */
interface Message {
  readonly id: string;
  readonly metrics?: Metrics;
}

const names = readdirSync(SESSIONS, { recursive: true, encoding: "utf8" });

/** A file of a session: its messages, or the sums that its manifest keeps. */
interface SessionFile {
  readonly messages: readonly Message[];
  readonly metadata: Partial<Record<string, Metrics>>;
}
const read = (name: string): SessionFile => JSON.parse(readFileSync(join(SESSIONS, name), "utf8")) as SessionFile;
const messagesIn = (ending: string): (Message & { name: string })[] =>
  names.filter((name) => name.endsWith(ending)).flatMap((name) => read(name).messages.map((one) => ({ ...one, name })));
const sum = (messages: readonly Message[], of: (metrics: Metrics) => number): number =>
  messages.reduce((total, { metrics }) => total + (metrics ? of(metrics) : 0), 0);
const once = <T extends Message>(messages: readonly T[]): T[] => [
  ...new Map(messages.map((one) => [one.id, one])).values(),
];
const inAndOut = ({ inputTokens, outputTokens }: Metrics): number => inputTokens + outputTokens;

describe("the recorded sessions of Cline", () => {
  test("contain all responses except a compaction's request and those of a deleted session", async () => {
    using harness = await scanned(cline, home.place);
    expect(harness.totals).toEqual(home.truth);
    expect(harness.skipped).toEqual([]);
    const served = completeResponses("cline");
    const tokens = sumOf(served);
    expect([served.length, tokens]).toEqual([60, 604_258]);
    const missing = expected.unrecorded.reduce((total, one) => total + one.tokens, 0);
    expect(tokensOf(harness.totals)).toBe(tokens - missing);
    expect([expected.unrecorded.length, missing]).toEqual([3, 14_873]);
  });

  test("of a subagent and a teammate belong to the session that started them", async () => {
    using harness = await scanned(cline, home.place);
    const others = harness.responses.filter(({ agent }) => agent !== "");
    expect(others.map(({ agent, session }) => `${agent} ${session}`)).toEqual([
      ...Array<string>(2).fill("subagent 1795919122103_cqijv"),
      ...Array<string>(2).fill("teammate 1795919126097_vjlvm"),
    ]);
    expect(harness.actions.filter(({ action }) => action === "agent").map(({ name }) => name)).toEqual([
      "subagent",
      "teammate",
    ]);
    expect(harness.all("SELECT DISTINCT project, branch, version FROM session")).toEqual([
      { project: "/home/user/project", branch: "work/a", version: "3.0.65" },
    ]);
  });

  test("contain tools with their outcome and duration, changed files, commits, compactions and failures", async () => {
    using harness = await scanned(cline, home.place);
    const of = (action: string) => harness.actions.filter((one) => one.action === action);
    expect(of("tool")).toHaveLength(40);
    expect(of("tool").every(({ ok, duration }) => ok !== null && duration !== null)).toBe(true);
    const failed = of("tool").filter(({ ok, session }) => ok === 0 && session === ORIGIN);
    expect(failed.map(({ key, name }) => `${name} ${key.slice(-5)}`)).toEqual(["run_commands 00005", "editor 00006"]);
    expect(of("file").map(({ name, target, added, removed }) => ({ name, target, added, removed }))).toEqual([
      { name: "create", target: "/home/user/project/note.txt", added: 3, removed: 0 },
      { name: "update", target: "/home/user/project/note.txt", added: 2, removed: 1 },
    ]);
    expect(of("git").map(({ name }) => name)).toEqual(["add", "commit"]);
    expect(of("prompt")).toHaveLength(22);
    expect(of("prompt")[0]?.length).toBe("plan:bash,write,edit,read,fail,badedit,par,commit go".length);
    // A fork takes the shortened history along.
    expect(of("compaction").map(({ session }) => session)).toEqual([ORIGIN]);
    expect(of("unrecorded").map(({ name }) => name)).toEqual(["compaction", "failed"]);
  });
});

describe("a fork and an undo in Cline", () => {
  test("give their copies to the session in which the responses were received", async () => {
    using harness = await scanned(cline, home.place);
    const countOf = (session: string): number => harness.responses.filter((one) => one.session === session).length;
    expect([ORIGIN, FORK, UNDONE].map(countOf)).toEqual([14, 3, 2]);
    // The fork itself begins with its first own prompt, not with the copied ones.
    expect(harness.all(`SELECT first FROM session WHERE session = '${FORK}'`)).toEqual([{ first: 1_795_919_268_913 }]);
  });

  test("keep what was copied from a session that was deleted before it was read, once", async () => {
    using harness = new SourceHarness([cline]);
    home.place(harness);
    rmSync(join(harness.home, ".cline/data/sessions", ORIGIN), { recursive: true });
    await harness.scan();
    const copied = new Set(messagesIn(".messages.json").flatMap(({ id, name }) => (name.startsWith(ORIGIN) ? id : [])));
    const kept = harness.responses.filter(({ key }) => copied.has(key.replace("response:cline:", "")));
    expect(kept).toHaveLength(14);
    expect(harness.totals).toEqual(home.truth);
  });
});

describe("naive counting rules for Cline", () => {
  const messages = messagesIn(".messages.json");
  const truth = tokensOf(expected.recorded);

  test("the rule of this source gives the exact number from the same files", () => {
    expect(sum(once(messages), inAndOut)).toBe(truth);
  });

  test("adding up all files counts copies again, and shortened histories even more", () => {
    expect(sum(messages, inAndOut)).toBe(730_385);
    expect(sum([...messages, ...messagesIn(".compaction.json")], inAndOut)).toBe(813_405);
  });

  test("counting only the files of sessions misses subagents and teammates", () => {
    const main = messages.filter(({ name }) => basename(name) === `${basename(dirname(name))}.messages.json`);
    expect(sum(once(main), inAndOut)).toBe(572_887);
  });

  test("adding cached and written tokens to the input counts them twice", () => {
    const all = sum(once(messages), (one) => inAndOut(one) + one.cacheReadTokens + one.cacheWriteTokens);
    expect(all).toBe(764_429);
  });

  test("the sums in the sessions' own files begin with what was copied", () => {
    const manifests = names.filter((name) => /^([^/]+)\/\1\.json$/.test(name));
    const own = (field: "usage" | "aggregateUsage"): number =>
      manifests
        .map((name) => read(name).metadata[field])
        .reduce((total, metrics) => total + (metrics ? inAndOut(metrics) : 0), 0);
    expect([own("usage"), own("aggregateUsage")]).toEqual([706_889, 716_069]);
  });
});

describe("files of Cline", () => {
  const session = (messages: unknown): string => JSON.stringify({ version: 1, agent: "lead", messages });
  const metrics = { inputTokens: 10, outputTokens: 2, cacheReadTokens: 4, cacheWriteTokens: 1 };

  async function readOne(content: string, env = {}, folder = ".cline/data/sessions"): Promise<SourceHarness> {
    const harness = new SourceHarness([cline], env);
    const path = join(harness.home, folder, "1795919107450_aaaaa/1795919107450_aaaaa.messages.json");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    await harness.scan();
    return harness;
  }

  test("are found where its environment variables say", async () => {
    const content = session([{ id: "msg_1", role: "assistant", ts: 1_795_919_108_000, metrics }]);
    for (const [name, folder, rest] of [
      ["CLINE_DIR", "moved", "data/sessions"],
      ["CLINE_DATA_DIR", "moved", "sessions"],
      ["CLINE_SESSION_DATA_DIR", "moved", ""],
    ] as const) {
      using harness = new SourceHarness([cline]);
      const roots = cline.stores[0]?.roots({ [name]: `${harness.home}/${folder}` }, harness.home);
      expect(roots).toEqual([join(harness.home, folder, rest)]);
    }
    using harness = await readOne(content);
    expect(harness.totals).toMatchObject({ responses: 1, input: 5, output: 2, cacheRead: 4, cacheWrite: 1 });
  });

  test("with damaged numbers, without ids or without times are reported as skipped", async () => {
    using harness = await readOne(
      session([
        { id: "msg_1", role: "assistant", ts: 1_795_919_108_000, metrics: { ...metrics, cacheReadTokens: -4 } },
        { role: "assistant", ts: 1_795_919_108_000, metrics },
        { id: "msg_3", role: "assistant", metrics },
        { id: "msg_4", role: "assistant", ts: 1_795_919_108_000, metrics: "none" },
      ]),
    );
    expect(harness.skipped.map(({ reason }) => reason).toSorted()).toEqual(["bad_count", "no_time", "unknown_format"]);
    expect(harness.totals).toMatchObject({ responses: 2, input: 14, output: 4 });
    using other = await readOne(JSON.stringify({ messages: "none" }));
    expect(other.skipped.map(({ reason }) => reason)).toEqual(["unknown_format"]);
  });
});
