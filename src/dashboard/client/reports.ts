import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ReportData } from "../../reports/shared/data/data.ts";
import { ApiError, ask, type Params, queryOf } from "./api.ts";
import { selection } from "./location.ts";
import { systemClock } from "../../utils/clock.ts";

/** A report as a page has it. */
export interface PageReport<Json = unknown> {
  /** Name and query, such as daily?by=model&last=7d: what the command line is asked for the same. */
  readonly question: string;
  /** Null until the first answer. */
  readonly data: (Omit<ReportData, "json"> & { readonly json: Json }) | null;
  /** Why the last attempt failed; null if it did not. `data` is then of an earlier one, or null. */
  readonly problem: ApiError | null;
  /** When `data` was answered, epoch milliseconds. */
  readonly at: number | null;
}

/** A report that parts of the page show now. */
interface Shown {
  readonly state: Signal<PageReport>;
  users: number;
  /** Those of the users for which it is asked again after commits. */
  followers: number;
  /** Whether something was committed since it was asked. */
  isDirty: boolean;
  isAsked: boolean;
  /** When it was last asked, and how long the answer took, milliseconds. */
  askedAt: number;
  took: number;
}

/** Least time between two questions for one report, milliseconds, and in multiples of the time that it took: a slow one is asked less often. */
const [LEAST_GAP_MS, GAP_FACTOR] = [400, 6];
/** Time changes numbers too, such as burn rates and ages, milliseconds. */
const REFRESH_MS = 60_000;
/** Reports that are kept after the last part that shows them has gone: going back shows them at once. */
const KEPT = 30;

/** By question; those that a part was last drawn with are the last. */
const shown = new Map<string, Shown>();

/**
 * A report with its options, asked again after commits and each minute while it is shown. The machine, person and zone of the address
 * are added, unless `params` names them. Without `isLive` it is asked only when it begins to be shown, as for the choices of a filter.
 */
export function useReport<Json>(name: string, params: Params = {}, isLive = true): PageReport<Json> {
  const question = `${name}?${queryOf({ ...selection.value, ...params })}`;
  const one = useMemo(() => entryOf(question), [question]);
  useEffect(() => {
    one.users++;
    if (isLive) one.followers++;
    if (one.isDirty) void fetchReport(one);
    return () => {
      one.users--;
      if (isLive) one.followers--;
      forgetOld();
    };
  }, [one, isLive]);
  return one.state.value as PageReport<Json>;
}

/** A report, and until it is first answered the one that was shown before: another page or order of rows leaves no gap. */
export function useSettled<Json>(report: PageReport<Json>): PageReport<Json> {
  const last = useRef(report);
  if (report.data || report.problem) last.current = report;
  return last.current.data ? last.current : report;
}

function entryOf(question: string): Shown {
  const one = shown.get(question) ?? newEntry(question);
  shown.delete(question);
  shown.set(question, one);
  return one;
}

const newEntry = (question: string): Shown => ({
  state: signal<PageReport>({ question, data: null, problem: null, at: null }),
  users: 0,
  followers: 0,
  isDirty: true,
  isAsked: false,
  askedAt: Number.NEGATIVE_INFINITY,
  took: 0,
});

/** Whether somebody waits for a newer answer, or for a first one. */
const isWanted = ({ users, followers, state }: Shown): boolean =>
  followers > 0 || (users > 0 && state.value.data === null);

/** What is drawn just now has no users yet, but is among the last. */
function forgetOld(): void {
  const unused = [...shown].filter(([, { users }]) => users === 0);
  for (const [question] of unused.slice(0, -KEPT)) shown.delete(question);
}

/** Says that all reports are old: each is asked again when it is shown again, or with the next refresh. */
export function outdateReports(): void {
  for (const one of shown.values()) one.isDirty = true;
}

/** Asks all reports on the page again, each as soon as its gap allows. */
export function refreshReports(): void {
  outdateReports();
  for (const one of shown.values()) if (isWanted(one)) void fetchReport(one);
}

/** Asks all reports on the page again each minute, unless it is hidden. */
export function keepFresh(): void {
  setInterval(() => (document.hidden ? undefined : refreshReports()), REFRESH_MS);
}

async function fetchReport(one: Shown): Promise<void> {
  if (one.isAsked) return;
  one.isAsked = true;
  const gap = one.askedAt + gapAfter(one.took) - performance.now();
  if (gap > 0) await new Promise((resolve) => void setTimeout(resolve, gap));
  // A hidden page asks nothing; it is asked when the page is shown again.
  if (one.users > 0 && !document.hidden) {
    one.isDirty = false;
    one.askedAt = performance.now();
    const isAnswered = await answer(one);
    // How long the server did not answer says nothing of the report.
    one.took = isAnswered ? performance.now() - one.askedAt : 0;
  }
  one.isAsked = false;
  if (one.isDirty && isWanted(one) && !document.hidden) void fetchReport(one);
}

/** The least time between a question and the next one, by how long the answer took; at most a minute, also where a machine slept meanwhile. */
export const gapAfter = (tookMs: number): number => Math.min(Math.max(LEAST_GAP_MS, tookMs * GAP_FACTOR), REFRESH_MS);

/** Returns whether there is an answer. */
async function answer({ state }: Shown): Promise<boolean> {
  const { question } = state.value;
  try {
    const data = await ask<ReportData>(`/api/v1/reports/${question}`);
    state.value = { question, data, problem: null, at: systemClock.now() };
    return true;
  } catch (error) {
    const problem = error instanceof ApiError ? error : new ApiError("internal", "the answer cannot be shown");
    state.value = { ...state.value, problem };
    return false;
  }
}
