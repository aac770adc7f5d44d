import type { LogRecord, UsageRecord } from "../../model/record.ts";
import { noTokens } from "../../model/tokens.ts";
import { iso } from "../../utils/clock.ts";
import type { OpenLog, UsageWindow } from "../types.ts";

/*
 * A usage record tells what the ledger grew by of Claude Code's since the last record of the same log that told anything,
 * whichever account either is of: the ledger is that of the machine. So every response of Claude Code is in one record, and
 * the records add up to what the ledger has of it. A response that was half written when a record was made has its rest in the next one. What comes to light
 * more than an hour after its time is in the ledger alone: records never change.
 */

const VERSION = 1;
/** How far back the log is searched where the file is lost. */
const LOOK_BACK_MS = 25 * 3_600_000;

/** What lies in the file. */
interface Kept {
  readonly last: UsageWindow;
  /** That of a record which was about to be written; null once it is known what became of it. */
  readonly tried: UsageWindow | null;
}

/** The text of the file: the reckoning of the newest record that told anything, and that of a record about to be written. */
export function usageWindowText(last: UsageWindow, tried: UsageWindow | null): string {
  return `${JSON.stringify({ version: VERSION, last, tried })}\n`;
}

/** What the next record goes by. Where the file is lost the log tells, and where that tells nothing one interval counts. */
export function lastReckoning(text: string | null, log: OpenLog, now: number, interval: number): UsageWindow {
  const kept = keptOf(text);
  if (kept === null) {
    const newest = timesCounted(log, now - LOOK_BACK_MS).at(-1);
    return empty(newest === undefined ? now - interval : Date.parse(newest));
  }
  const { last, tried } = kept;
  return tried !== null && timesCounted(log, tried.until).includes(iso(tried.until)) ? tried : last;
}

const empty = (at: number): UsageWindow => ({ from: at, until: at, tokens: noTokens, micros: 0, unpriced: 0 });

function keptOf(text: string | null): Kept | null {
  try {
    const { version, ...kept } = JSON.parse(text ?? "null") as Kept & { version?: unknown };
    return version === VERSION ? kept : null;
  } catch {
    return null;
  }
}

/** Timestamps of the usage records since a time that tell tokens, in the order in which they were written. */
function timesCounted(log: OpenLog, since: number): string[] {
  try {
    return [...log.read("usage", since)].filter(isCounted).map(({ timestamp }) => timestamp);
  } catch {
    // A log that cannot be read cannot be written either, and that is where it is told.
    return [];
  }
}

const isCounted = (record: LogRecord): boolean =>
  typeof (record as Partial<UsageRecord>).usage_data?.total_tokens === "number";
