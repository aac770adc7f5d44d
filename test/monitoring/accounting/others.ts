import { Ledger } from "../../../src/ledger/sqlite/Ledger.ts";
import { prepare } from "../../../src/ledger/fold/prepare.ts";
import type { LimitObservation, Observation } from "../../../src/model/observation.ts";
import type { LimitsRecord } from "../../../src/model/record.ts";
import { MINUTE, START } from "../harness.ts";
import type { LedgerHarness } from "./harness.ts";

export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const WEEK_MINUTES = 7 * 24 * 60;

/** Returns a limit observed in an assistant's file. */
export function limit(source: string, change: Partial<LimitObservation> = {}): Observation {
  const body = {
    at: START - MINUTE,
    name: source,
    windowMinutes: 300,
    usedPercent: 42,
    resetsAt: START + 2 * HOUR,
    plan: "plus",
    ...change,
  };
  return { kind: "limit", key: `limit:${source}:${body.name}:${body.windowMinutes}:${body.resetsAt}`, body };
}

/** Returns a weekly limit; by default at 17 %, with three days left. */
export const weekly = (source: string, change: Partial<LimitObservation> = {}): Observation =>
  limit(source, { windowMinutes: WEEK_MINUTES, usedPercent: 17, resetsAt: START + 3 * DAY, ...change });

/** Returns the interval of a session. */
export function sessionInterval(id: string, first: number, last = first + MINUTE): Observation {
  const body = { session: id, project: "/work", branch: "", agent: "", first, last, reason: null, version: "1" };
  return { kind: "session", key: `session:${id}`, body };
}

/** Returns a response with 1,000 tokens in and 100 out. */
export function response(id: string, at: number): Observation {
  const place = { session: "c-1", project: "/work", branch: "", agent: "" };
  const cache = { cacheWrite: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 };
  const usage = {
    searches: 0,
    prompt: 1_000,
    speed: "standard",
    tier: "standard",
    region: "",
    cost: null,
    reasoning: 10,
  };
  const counts = { copy: 0, input: 1_000, output: 100, ...cache, ...usage, isEstimated: false };
  const body = { ...place, at, request: null, model: "claude-opus-5-5", ...counts };
  return { kind: "response", key: `response:${id}`, body };
}

/** Stores observations of an assistant in the ledger of a harness. */
export function ingest(harness: LedgerHarness, source: string, ...observations: readonly Observation[]): void {
  using ledger = new Ledger(harness.ledger, () => "here");
  const entries = prepare(ledger.machine, source, observations);
  ledger.ingest({ source, entries, skipped: [], restarted: [], files: [] });
}

/** Returns the limits records of a harness. */
export const limitsOf = (harness: LedgerHarness): LimitsRecord[] =>
  harness.lines("limits") as unknown as LimitsRecord[];
