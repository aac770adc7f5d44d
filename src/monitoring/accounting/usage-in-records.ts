import type { LogRecord, UsageRecord } from "../../model/record.ts";
import { noTokens } from "../../model/tokens.ts";
import { iso } from "../../utils/clock.ts";
import type { OpenLog, UsageWindow } from "../types.ts";

/*
 * A usage record has the growth of Claude Code's usage in the ledger since the last record in the log that has any, regardless of
 * the account: the ledger belongs to the machine. So every response of Claude Code is in exactly one record, and the records add
 * up to the ledger. The remainder of a response that was half written at the time of a record is in the next record. Usage that
 * is found more than an hour after its time is only in the ledger: records never change.
 */

/** How far back the log is searched if no usage is known, milliseconds. */
const LOOK_BACK_MS = 25 * 3_600_000;

/** The usage that records have counted. */
export interface CountedUsage {
  /** The window of the newest record with usage. */
  readonly last: UsageWindow;
  /** The window of a record about to be written; null once the result of the write is known. */
  readonly tried: UsageWindow | null;
}

/**
 * Returns the usage window that the next record continues. If none is known, it starts at the last record in the log, else
 * one interval ago.
 */
export function lastUsageWindow(
  counted: CountedUsage | null,
  log: OpenLog,
  now: number,
  interval: number,
): UsageWindow {
  if (counted === null) {
    const newest = countedTimestamps(log, now - LOOK_BACK_MS).at(-1);
    return emptyWindow(newest === undefined ? now - interval : Date.parse(newest));
  }
  const { last, tried } = counted;
  return tried !== null && countedTimestamps(log, tried.until).includes(iso(tried.until)) ? tried : last;
}

const emptyWindow = (at: number): UsageWindow => ({ from: at, until: at, tokens: noTokens, micros: 0, unpriced: 0 });

/** Returns the timestamps of usage records with tokens since a time, in the order of writing. */
function countedTimestamps(log: OpenLog, since: number): string[] {
  try {
    return [...log.read("usage", since)].filter(hasTokens).map(({ timestamp }) => timestamp);
  } catch {
    // An unreadable log cannot be written either; the write reports the error.
    return [];
  }
}

const hasTokens = (record: LogRecord): boolean =>
  typeof (record as Partial<UsageRecord>).usage_data?.total_tokens === "number";
