import { type LedgerSummary, ledgerSummary } from "../../ledger/sqlite/summary.ts";
import { dateOf, systemZone } from "../../model/calendar.ts";
import { count } from "../../render/format.ts";
import { messageOf } from "../../utils/errors.ts";
import { zoneFiles } from "../../utils/files.ts";
import { ledgerPath } from "../../utils/paths.ts";
import type { Context } from "../contract.ts";

/** The usage in the ledger: responses, and the local dates with usage, ascending. */
export interface History {
  readonly responses: number;
  readonly dates: readonly string[];
}

/** Returns the usage in the ledger, null without a ledger, or why it cannot be read. */
export function historyOf({ settings, places, env }: Context): History | null | { readonly problem: string } {
  let summary: LedgerSummary | null;
  try {
    summary = ledgerSummary(ledgerPath(settings, places));
  } catch (error) {
    return { problem: messageOf(error) };
  }
  if (summary === null) return null;
  const { zone } = systemZone(env, zoneFiles);
  return { responses: summary.responses, dates: [...new Set(summary.times.map((ms) => dateOf(zone, ms)))] };
}

/** Sentences about the usage that is lost with the ledger. */
export function historyText(history: ReturnType<typeof historyOf>): string[] {
  if (history === null) return [];
  if ("problem" in history) return [`the ledger cannot be read, so what it holds is not known: ${history.problem}`];
  const { responses, dates } = history;
  if (responses === 0) return [];
  const days = `${count(dates.length)} ${dates.length === 1 ? "day" : "days"}`;
  return [
    `the ledger holds ${count(responses)} responses of ${days}, from ${dates[0]} to ${dates.at(-1)}`,
    "it can be built again only from the files that the assistants still have; Claude Code deletes its own after 30 days",
    "to keep a copy of ledger and log, first run: pawprint backup <file>",
  ];
}
