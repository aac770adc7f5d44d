import type { LogRecord, RecordKind } from "../model/record.ts";
import { stateText } from "../model/state.ts";
import { errnoOf, messageOf } from "../utils/errors.ts";
import { replaceFile } from "../utils/files.ts";
import type { LedgerAnswers } from "./ask-ledger.ts";
import type { BuiltRecords } from "./build-records.ts";
import { type LoadedCapture, LOOK_BACK_MS } from "./load-capture.ts";
import { type Memory, saveMemory } from "./Memory.ts";
import type { RecorderOptions } from "./types.ts";

/** A record, and whether it was written or already present. */
export interface WrittenRecord {
  readonly kind: RecordKind;
  readonly record: LogRecord;
  readonly written: "written" | "known";
}

const RETRY_AFTER_MS = [100, 400, 1_600, 5_000];

/**
 * Writes the records, then memory and state. Usage and limits are marked in the memory before their records are written: if
 * this worker is killed in between, the next one looks for them in the log. Throws if writing fails for 7.1 s.
 */
export async function commitRecords(
  options: Pick<RecorderOptions, "files" | "log" | "clock" | "messages">,
  built: BuiltRecords,
  { memory, capture: { now, scope } }: LoadedCapture,
  { last, snapshot, limits, recorded }: LedgerAnswers,
): Promise<WrittenRecord[]> {
  const { files, log, messages } = options;
  const tried: Memory = {
    ...memory,
    usage: last && snapshot ? { last, tried: snapshot.window } : memory.usage,
    limits: limits.length > 0 ? null : memory.limits,
  };
  if (snapshot) await retry(options, "memory", () => saveMemory(files, tried));
  const entries: WrittenRecord[] = [];
  for (const [kind, record] of built.records) {
    entries.push({ kind, record, written: await retry(options, kind, () => log.append(kind, record)) });
  }
  const isCounted = entries.some(({ kind, written }) => kind === "usage" && written === "written");
  // Only the log knows the contents of a record that was already present.
  const areLimitsNew = entries.every(({ kind, written }) => kind !== "limits" || written === "written");
  const added = Object.fromEntries(limits.map(({ source, at }) => [source, at]));
  // An account whose last capture is older has no limits in the part of the log that is read.
  const recent = Object.entries(memory.scopes).filter(([, { at }]) => Math.abs(now - at) < LOOK_BACK_MS);
  saveMemory(files, {
    usage: last ? { last: snapshot && isCounted ? snapshot.window : last, tried: null } : memory.usage,
    limits: areLimitsNew ? recorded && { ...recorded, ...added } : null,
    scopes: { ...Object.fromEntries(recent), [scope]: { ...built.own, at: now } },
  });
  const behind = log.problem?.() ?? null;
  if (behind !== null) messages.warn({ behind }, "some records were not written to all stores");
  const notice = built.state.notice ?? behind?.slice(0, 300) ?? null;
  replaceFile(files.state, stateText({ ...built.state, notice }));
  return entries;
}

/** Runs a write, and again up to four times within 7.1 s if it fails. Throws its last error. */
async function retry<T>(
  options: Pick<RecorderOptions, "clock" | "messages">,
  what: string,
  write: () => T,
): Promise<T> {
  const { clock, messages } = options;
  for (let attempt = 0; ; attempt++) {
    try {
      return write();
    } catch (error) {
      const wait = RETRY_AFTER_MS[attempt];
      messages.warn({ kind: what, attempt, error: messageOf(error), code: errnoOf(error) }, "writing failed");
      if (wait === undefined) throw error;
      await clock.sleep(wait);
    }
  }
}
