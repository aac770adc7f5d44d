import { systemClock } from "../../../utils/clock.ts";
import { about } from "../../client/about.ts";
import { param, timezone } from "../../client/location.ts";
import { choiceOf } from "../../parts/Segments.tsx";
import { localDate, pastDate } from "../../text.ts";
import { type DateRange, type PeriodName, PERIODS, periodRange, stepped } from "./period.ts";

const GROUPINGS = [
  ["model", "model"],
  ["machine", "machine"],
  ["project", "project"],
  ["person", "person"],
  ["branch", "branch"],
  ["assistant", "assistant"],
] as const;
/** What usage is split by. */
export type UsageGrouping = (typeof GROUPINGS)[number][0];

/** The choice of what is measured. */
export const MEASURES = [
  ["cost", "cost"],
  ["tokens", "tokens"],
] as const;
/** What is measured: its field in each report, and how it is written. */
export const measures = {
  cost: {
    title: "Cost",
    field: "totalCost",
    share: "share",
    change: "changePercent",
    kind: "money",
  },
  tokens: {
    title: "Tokens",
    field: "totalTokens",
    share: "tokenShare",
    change: "tokensChangePercent",
    kind: "tokens",
  },
} as const;
/** What the address chooses. */
export interface UsageState {
  readonly period: PeriodName;
  readonly range: DateRange;
  /** The period before. */
  readonly before: DateRange;
  readonly by: UsageGrouping;
  readonly show: keyof typeof measures;
  readonly today: string;
}

/** The groupings there are: the ledger of one machine has neither machines nor persons. */
export const groupings = (): readonly (typeof GROUPINGS)[number][] =>
  about.value?.kind === "machine" ? GROUPINGS.filter(([by]) => by !== "machine" && by !== "person") : GROUPINGS;

/** Whether the address splits usage by what only a hub has. */
export const needsAbout = (): boolean => ["machine", "person"].includes(param("by") ?? "");

/** The state of the page by its address: today's week by model where that says nothing. */
export function usageState(): UsageState {
  const today = localDate(timezone.value, systemClock.now());
  const period = choiceOf("period", PERIODS, "week");
  const range = periodRange(period, pastDate(param("date"), today) ?? today);
  return {
    period,
    range,
    before: stepped(period, range, -1),
    by: choiceOf("by", groupings(), "model"),
    show: choiceOf("show", MEASURES, "cost"),
    today,
  };
}

/** The parameter for a date: none for the period that contains today, so that tomorrow's is shown tomorrow. */
export function dateParam(period: PeriodName, date: string, today: string): string | null {
  const { since, until } = periodRange(period, date);
  return since <= today && today <= until ? null : since;
}
