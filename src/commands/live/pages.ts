import { reports } from "../../reports/registry.ts";
import type { Report } from "../../reports/contract.ts";
import { find } from "../../utils/registry.ts";
import { nowReport } from "./now/report.ts";

/** A period of usage, chosen by a key. `last` is the value of the option --last; null for all time. */
export interface ShownPeriod {
  readonly key: string;
  readonly name: string;
  readonly last: string | null;
}

/** The periods, shortest first. */
export const periods: readonly ShownPeriod[] = [
  { key: "t", name: "today", last: "1d" },
  { key: "w", name: "7 days", last: "7d" },
  { key: "m", name: "30 days", last: "30d" },
  { key: "a", name: "all time", last: null },
];

/** A page of a report, and the period with which it begins as an index of periods; null where it has none. */
export interface LivePage {
  readonly name: string;
  readonly period: number | null;
}

/** The pages, in the order of their numbers. */
export const pages: readonly LivePage[] = [
  { name: "now", period: 0 },
  { name: "overview", period: null },
  { name: "limits", period: null },
  { name: "daily", period: 2 },
  { name: "blocks", period: 1 },
  { name: "projects", period: 1 },
  { name: "models", period: 1 },
  { name: "tools", period: 1 },
  { name: "session", period: 1 },
];

/** The report of a page. The first page is not a command; it is drawn in `height()` lines. */
export const reportOf = ({ name }: LivePage, period: ShownPeriod | null, height: () => number): Report =>
  name === "now" ? nowReport(height, period?.name ?? "") : find(reports, name, "report");
