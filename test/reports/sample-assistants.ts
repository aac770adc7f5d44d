import type { Assistant } from "../../src/reports/shared/assistants.ts";
import type { FileMark, SkippedLine } from "../../src/ledger/sqlite/Files.ts";
import {
  type ActionObservation,
  noAction,
  type Observation,
  type Place,
  type ResponseObservation,
} from "../../src/model/observation.ts";
import { API, OPUS, sessionId } from "./sample-work.ts";

const MINUTE = 60_000;
const HOME = "/home/ada";
export const INFRA = `${HOME}/work/infra`;
export const GPT = "gpt-5.5";
/** The id of a Codex session and of a Claude Code session. */
export const SHARED = sessionId(10);

const root = (path: string) => ({ path: `${HOME}/${path}`, shown: `~/${path}`, exists: true });

/** The sample's assistants; no files of the last one are found. */
export const assistants: readonly Assistant[] = [
  {
    name: "claude-code",
    title: "Claude Code",
    tested: "2.1.300",
    gaps: [{ what: "compactions", why: "the request that summarizes a history is in no transcript" }],
    roots: [root(".claude/projects"), root(".config/claude/projects")],
  },
  {
    name: "codex",
    title: "Codex",
    tested: "0.169.0",
    gaps: [
      { what: "interrupted responses", why: "nothing is written when a response is cut" },
      { what: "titles", why: "they are asked for in a thread of their own, which is not kept" },
    ],
    roots: [root(".codex/sessions"), root(".codex/archived_sessions")],
  },
  { name: "pi", title: "pi", tested: "0.70.1", gaps: [], roots: [root(".pi/agent/sessions")] },
  {
    name: "cursor",
    title: "Cursor",
    tested: null,
    gaps: [{ what: "tokens", why: "current versions write 0 for all of them" }],
    roots: [root(".cursor/projects")],
  },
  { name: "gemini-cli", title: "Gemini CLI", tested: "0.9.0", gaps: [], roots: [root(".gemini/tmp")] },
];

/** The observations of one assistant, and its files. */
interface AssistantData {
  readonly observations: readonly Observation[];
  readonly files: readonly FileMark[];
  readonly skipped: readonly SkippedLine[];
}

/** A session of another assistant: responses two minutes apart; every third has a tool use, a file change and a commit. */
interface SessionPlan {
  readonly source: string;
  readonly session: string;
  readonly project: string;
  readonly at: string;
  readonly version: string;
  readonly model: string;
  readonly responses: number;
  /** Responses whose usage is not recorded, by the reason. */
  readonly unrecorded: Readonly<Record<string, number>>;
  readonly change: Partial<ResponseObservation>;
}

const notReported = { reasoning: null, cost: null, isEstimated: false };
const plans: readonly SessionPlan[] = [
  {
    source: "codex",
    session: "019a-infra",
    project: INFRA,
    at: "2026-11-17T09:00:00Z",
    version: "0.169.0",
    model: GPT,
    responses: 8,
    unrecorded: { interrupted: 2 },
    change: { ...notReported, reasoning: 120 },
  },
  {
    source: "codex",
    session: SHARED,
    project: API,
    at: "2026-11-20T07:30:00Z",
    version: "0.171.0",
    model: GPT,
    responses: 10,
    unrecorded: { interrupted: 6, failed: 1 },
    change: { ...notReported, reasoning: 250 },
  },
  {
    source: "pi",
    session: "pi-1",
    project: API,
    at: "2026-11-19T10:00:00Z",
    version: "0.70.1",
    model: OPUS,
    responses: 5,
    unrecorded: { interrupted: 3 },
    change: { ...notReported, cost: 20_000_000, isEstimated: true },
  },
  {
    source: "cursor",
    session: "cursor-1",
    project: INFRA,
    at: "2026-11-20T06:00:00Z",
    version: "",
    model: "",
    responses: 0,
    unrecorded: { turn: 4 },
    change: {},
  },
];

function observationsOf(plan: SessionPlan): Observation[] {
  const { source, session, project, version, model, responses, unrecorded, change } = plan;
  const place: Place = { session, project, branch: "main", agent: "" };
  const begin = Date.parse(plan.at);
  const observations: Observation[] = [];
  const addAction = (
    id: string,
    at: number,
    fields: Partial<ActionObservation> & Pick<ActionObservation, "action">,
  ): void =>
    void observations.push({
      kind: "action",
      key: `action:${source}:${session}:${id}`,
      body: { ...noAction, ...place, at, ...fields },
    });
  addAction("prompt", begin - 5_000, { action: "prompt", name: "", length: 30 });
  for (let turn = 0; turn < responses; turn++) {
    const at = begin + turn * 2 * MINUTE;
    observations.push({
      kind: "response",
      key: `response:${source}:${session}:${turn}`,
      body: responseOf(place, at, model, turn, change),
    });
    if (turn % 3 !== 0) continue;
    const tool = `action:${source}:${session}:tool-${turn}`;
    addAction(`tool-${turn}`, at, {
      action: "tool",
      name: turn === 3 ? "Bash" : "shell",
      model,
      ok: turn !== 6,
      duration: 400,
    });
    addAction(`file-${turn}`, at, {
      action: "file",
      name: "update",
      target: `${project}/src/cart.ts`,
      tool,
      added: 3,
      removed: 1,
    });
    addAction(`git-${turn}`, at, { action: "git", name: "commit", model, target: "", tool });
  }
  let number = 0;
  for (const [name, times] of Object.entries(unrecorded)) {
    for (let one = 0; one < times; one++) {
      addAction(`unrecorded-${number}`, begin + number++ * MINUTE, { action: "unrecorded", name });
    }
  }
  const last = begin + Math.max(responses - 1, number) * 2 * MINUTE;
  const body = { ...place, first: begin - 5_000, last, reason: null, version };
  return [...observations, { kind: "session", key: `session:${source}:${session}`, body }];
}

function responseOf(
  place: Place,
  at: number,
  model: string,
  turn: number,
  change: Partial<ResponseObservation>,
): ResponseObservation {
  return {
    ...place,
    at,
    request: null,
    model,
    copy: 0,
    input: 1_500 + turn * 90,
    output: 400 + turn * 35,
    cacheWrite: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    cacheRead: turn * 4_000,
    searches: 0,
    prompt: 0,
    speed: "standard",
    tier: "standard",
    region: "",
    cost: null,
    reasoning: null,
    isEstimated: false,
    ...change,
  };
}

/** A file that was read completely. */
export const mark = (source: string, path: string, size: number): FileMark => ({
  path: `${HOME}/${path}`,
  source,
  device: 1,
  inode: size,
  size,
  mtime: 1,
  head: 1,
  headLength: 1,
  usageOffset: size,
  activityOffset: size,
  store: "files",
  usageMemory: null,
  activityMemory: null,
  reader: 1,
  prefix: null,
  timeouts: 0,
  retryAt: null,
});

const files: readonly FileMark[] = [
  mark("claude-code", ".claude/projects/api/1.jsonl", 4_200_000),
  mark("claude-code", ".claude/projects/shop/2.jsonl", 900_000),
  mark("codex", ".codex/sessions/2026/11/17/rollout-1.jsonl", 80_000),
  mark("codex", ".codex/sessions/2026/11/20/rollout-2.jsonl", 120_500),
  mark("codex", ".codex/archived_sessions/rollout-0.jsonl", 999),
  mark("codex", "old-home/sessions/rollout-9.jsonl", 10),
  mark("pi", ".pi/agent/sessions/api/1.jsonl", 30_000),
  mark("cursor", ".cursor/projects/infra/agent-transcripts/1.jsonl", 5_000),
];

const skipped: readonly SkippedLine[] = [
  { path: `${HOME}/.codex/archived_sessions/rollout-0.jsonl`, offset: 0, reason: "unknown_format" },
  { path: `${HOME}/.claude/projects/api/1.jsonl`, offset: 700, reason: "bad_json" },
  { path: `${HOME}/.claude/projects/api/1.jsonl`, offset: 900, reason: "bad_json" },
];

/** The data of the sample's assistants, in addition to Claude Code's transcripts. */
export const others: readonly (AssistantData & { readonly source: string })[] = assistants.map(({ name }) => {
  const ownFiles = files.filter(({ source }) => source === name);
  return {
    source: name,
    observations: plans.filter(({ source }) => source === name).flatMap(observationsOf),
    files: ownFiles,
    skipped: skipped.filter(({ path }) => ownFiles.some((file) => file.path === path)),
  };
});
