// Usage as machines of a hub would have observed it: the same for the same seed.
import { LOG_SOURCE, logKeys } from "../../../src/model/log-observation.ts";
import {
  type ActionObservation,
  noAction,
  noDetails,
  type Observation,
  type Place,
} from "../../../src/model/observation.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What a session works on. What it does outside of the time is left out. */
export interface SessionPlan {
  readonly seed: number;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly until: number;
  readonly projects: readonly string[];
  readonly branches: readonly string[];
  readonly models: readonly string[];
  /** Ids of the assistants, each with its part of the sessions. */
  readonly sources: readonly string[];
}

/** What a machine works on, and how much. */
export interface WorkPlan extends SessionPlan {
  /** Begins all keys of the machine. */
  readonly prefix: string;
  readonly sessionsPerDay: number;
  /** Most turns of a session. */
  readonly turns: number;
  /** Whether a session is at work at the end. */
  readonly isAtWork: boolean;
}

/** Observations of one assistant, or of the log. */
export interface SourceWork {
  readonly source: string;
  readonly observations: readonly Observation[];
}

/** Names that appear where nothing hostile is meant. */
export const plainPlan = {
  projects: ["/home/dev/pawprint", "/home/dev/atlas", "/home/dev/site/docs", "/home/dev/tools"],
  branches: ["main", "feat/page", "fix/limits-of-a-week"],
  models: ["claude-opus-5-5", "claude-sonnet-4-6", "claude-haiku-4-5-20251001"],
  sources: ["claude-code", "claude-code", "claude-code", "codex", "opencode"],
} as const;

const TOOLS = ["Read", "Read", "Read", "Grep", "Bash", "Bash", "Edit", "Edit", "Write", "mcp__linear__get_issue"];
const FILES = ["src/hub/server.ts", "src/reports/now.ts", "README.md", "test/hub/harness.ts"];
/** Tokens of a context at which a session is compacted. */
const FULL_CONTEXT = 165_000;

/** Numbers from 0 to 1, the same for the same seed. */
function diceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The work of each day, oldest first. */
export function* workOf(plan: WorkPlan): Generator<readonly SourceWork[]> {
  const roll = diceOf(plan.seed);
  let number = 0;
  for (let day = Math.floor(plan.from / DAY) * DAY; day < plan.until; day += DAY) {
    const weekday = new Date(day).getUTCDay();
    const share = weekday === 0 || weekday === 6 ? 0.25 : 0.6 + 0.8 * roll();
    const sessions = Math.max(1, Math.round(plan.sessionsPerDay * share));
    const work = Array.from({ length: sessions }, () => {
      const begin = day + 7 * HOUR + Math.floor(roll() ** 1.3 * 12 * HOUR);
      return new Session(plan, roll, `${plan.prefix}-${number++}`).run(begin, 1 + Math.floor(roll() * plan.turns));
    });
    const isLast = day + DAY >= plan.until;
    if (isLast && plan.isAtWork)
      work.push(new Session(plan, roll, `${plan.prefix}-now`).run(plan.until - 50 * MINUTE, 40));
    yield work;
  }
}

/** One session, whose keys begin with its id. */
export const sessionOf = (plan: SessionPlan, id: string, begin: number, turns: number): SourceWork =>
  new Session(plan, diceOf(plan.seed), id).run(begin, turns);

/** A session, turn by turn. */
class Session {
  readonly #plan: SessionPlan;
  readonly #roll: () => number;
  readonly #place: Place;
  readonly #source: string;
  readonly #model: string;
  readonly #observations: Observation[] = [];
  #at = 0;
  #context = 17_000;
  #number = 0;

  constructor(plan: SessionPlan, roll: () => number, id: string) {
    this.#plan = plan;
    this.#roll = roll;
    this.#source = this.#pick(plan.sources);
    this.#place = { session: id, project: this.#pick(plan.projects), branch: this.#pick(plan.branches), agent: "" };
    this.#model = this.#source === "codex" ? "gpt-5.4" : this.#pick(plan.models);
  }

  run(begin: number, turns: number): SourceWork {
    const { from, until } = this.#plan;
    this.#at = begin;
    for (let turn = 0; turn < turns && this.#at < until; turn++) this.#turn();
    const first = this.#observations.length === 0 ? begin : Math.max(begin, from);
    if (first < until) {
      const body = { ...this.#place, first, last: Math.min(this.#at, until), reason: null, version: "2.1.332" };
      this.#observations.push({ kind: "session", key: `session:${this.#place.session}`, body });
    }
    return { source: this.#source, observations: this.#observations };
  }

  #pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.#roll() * from.length)];
    if (picked === undefined) throw new Error("there is nothing to pick from");
    return picked;
  }

  #turn(): void {
    this.#act("prompt", "prompt", { length: 20 + Math.floor(this.#roll() * 900), name: "" });
    if (this.#context > FULL_CONTEXT) {
      this.#act("compaction", "compaction", { name: "auto", length: 0 });
      this.#context = 24_000;
    }
    for (let steps = 1 + Math.floor(this.#roll() * 6); steps > 0 && this.#at < this.#plan.until; steps--) {
      this.#pass(4_000 + this.#roll() * 50_000);
      this.#respond(this.#place, this.#model);
      if (steps > 1) this.#useTool();
    }
    if (this.#roll() < 0.08) this.#delegate();
    if (this.#roll() < 0.15) this.#act("git", "git", { name: "commit", target: this.#place.project, ok: true });
    if (this.#roll() < 0.03)
      this.#act("link", "link", { name: "pull_request", target: "https://github.com/owner/name/pull/1" });
    this.#pass(10_000 + this.#roll() * 4 * MINUTE);
  }

  #useTool(): void {
    const name = this.#pick(TOOLS);
    const took = Math.round(20 + this.#roll() ** 4 * 60_000);
    const begin = this.#at;
    const ok = this.#roll() > 0.026;
    const key = this.#act("tool", "tool", { name, ok, duration: took, ended: begin + took });
    if (ok && (name === "Edit" || name === "Write"))
      this.#act("file", "file", {
        name: name === "Write" ? "create" : "update",
        target: `${this.#place.project}/${this.#pick(FILES)}`,
        tool: key,
        added: Math.floor(this.#roll() * 60),
        removed: Math.floor(this.#roll() * 20),
      });
    this.#pass(took);
  }

  /** A subagent works for a while. */
  #delegate(): void {
    this.#act("agent", "agent", { name: "Explore" });
    const place = { ...this.#place, agent: "Explore" };
    for (let steps = 2 + Math.floor(this.#roll() * 5); steps > 0 && this.#at < this.#plan.until; steps--) {
      this.#pass(3_000 + this.#roll() * 20_000);
      this.#respond(place, "claude-haiku-4-5-20251001");
    }
  }

  #pass(ms: number): void {
    this.#at += Math.round(ms);
  }

  get #isInTime(): boolean {
    return this.#at >= this.#plan.from && this.#at < this.#plan.until;
  }

  #act(action: ActionObservation["action"], kind: string, more: Partial<ActionObservation>): string {
    const key = `action:${kind}:${this.#place.session}-${this.#number++}`;
    const body: ActionObservation = { ...noAction, ...this.#place, action, at: this.#at, model: this.#model, ...more };
    if (this.#isInTime) this.#observations.push({ kind: "action", key, body });
    return key;
  }

  #respond(place: Place, model: string): void {
    const id = `${this.#place.session}-${this.#number++}`;
    const written = Math.floor(300 + this.#roll() * 6_000);
    const output = Math.floor(60 + this.#roll() * 2_400);
    const [input, cacheRead] = [3 + Math.floor(this.#roll() * 40), place.agent === "" ? this.#context : 9_000];
    if (place.agent === "") this.#context += written + output;
    const counts = { input, output, cacheRead, cacheWrite: written, cacheWrite5m: 0, cacheWrite1h: written };
    const prompt = input + cacheRead + written;
    const body = {
      ...noDetails,
      ...place,
      ...counts,
      prompt,
      at: this.#at,
      model,
      request: `req_${id}`,
      reasoning: null,
    };
    if (this.#isInTime) this.#observations.push({ kind: "response", key: `response:msg_${id}`, body });
  }
}

/** What the log of a machine says at a time: limits of an account, findings, the version of Claude Code. */
export function logOf(account: string, at: number, shares: readonly [fiveHour: number, week: number]): SourceWork {
  const scope = "h-scopescopescopescopesc";
  const windows = [
    { name: "five_hour", used: shares[0], begin: at - 2.4 * HOUR, length: 5 * HOUR },
    { name: "seven_day", used: shares[1], begin: at - 3.1 * DAY, length: 7 * DAY },
  ];
  const observations: Observation[] = windows.flatMap(({ name, used, begin, length }) =>
    Array.from({ length: 12 }, (_, step) => {
      const part = (step + 1) / 12;
      const body = {
        at: Math.round(begin + (at - begin) * part),
        account,
        scope,
        name,
        usedPercent: Math.round(used * part),
        resetsAt: Math.round(begin + length),
        plan: "max",
        spent: null,
        spendLimit: null,
        currency: null,
        period: null,
        decimals: null,
      };
      return { kind: "account-limit", key: logKeys["account-limit"](body), body } as const;
    }),
  );
  const status = { at, account, scope, version: "2.1.332", plan: "max", requiresSudo: false };
  observations.push({ kind: "status", key: logKeys.status(status), body: status });
  for (const [finding, message] of [
    ["h-rulesrulesrulesrulesr", 'Rule "Bash(rm:*)" can never match'],
    ["h-hookshookshookshooksh", "The hook of Stop took 4.1 s"],
  ] as const) {
    const body = {
      at: at - 20 * HOUR,
      scope,
      finding,
      type: "permission_rules",
      severity: "warning",
      state: "appeared",
      message,
      fix: null,
    };
    observations.push({ kind: "finding", key: logKeys.finding(body), body });
  }
  return { source: LOG_SOURCE, observations };
}
