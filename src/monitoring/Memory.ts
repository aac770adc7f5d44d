import type { Finding } from "../model/finding.ts";
import type { Sample } from "../model/pace.ts";
import { tokenClasses } from "../model/tokens.ts";
import { readOwn, removeIfPresent, replaceFile } from "../utils/files.ts";
import { type Fields, fields, isFields, isTime, numberOf, parse } from "../utils/json.ts";
import type { CountedUsage } from "./accounting/usage-in-records.ts";
import type { RecordedLimits } from "./limits.ts";
import type { LogFiles } from "./LogFiles.ts";
import type { StatusAnswer, UsageWindow } from "./types.ts";

/** What a capture of one account keeps for the next one. */
export interface ScopeMemory {
  /** The newest status answers, reused for sessions that start shortly after. */
  readonly answers: { readonly at: number; readonly status: StatusAnswer } | null;
  readonly samples: readonly Sample[];
  readonly findings: readonly Finding[];
}

/** What a worker keeps for the next one. It is a cache: what is missing is read from the log, except `answers`. */
export interface Memory {
  /** The usage of this machine that records have counted. */
  readonly usage: CountedUsage | null;
  /** The recorded limits of other assistants. Null while a record of them is being written. */
  readonly limits: RecordedLimits | null;
  /** By account (Places.scope), with the time of its last capture (epoch milliseconds). */
  readonly scopes: Readonly<Record<string, ScopeMemory & { readonly at: number }>>;
}

const VERSION = 1;
/** Largest file that is read, bytes. One account needs at most 200 KB. */
const MAX_BYTES = 16 * 1_048_576;

/**
 * Reads the memory from its file. A file of an earlier version is removed when the memory is saved; if it is there, that
 * version was the last to write records, and its content is newer than that of the memory.
 */
export function loadMemory({ memory, earlier }: LogFiles, scope: string): Memory {
  const saved = contentOf(readCache(memory, MAX_BYTES));
  const usage = usageIn(contentOf(readCache(earlier.usage)));
  const own = scopeIn(contentOf(readCache(earlier.memory)));
  return {
    usage: usage ?? usageIn(saved["usage"]),
    limits: usage === null ? limitsIn(saved["limits"]) : null,
    scopes: { ...scopesIn(saved["scopes"]), ...(own && { [scope]: { ...own, at: 0 } }) },
  };
}

/** Saves the memory in its file. Throws the system's error. */
export function saveMemory(files: LogFiles, memory: Memory): void {
  replaceFile(files.memory, `${JSON.stringify({ version: VERSION, ...memory })}\n`);
  for (const path of Object.values(files.earlier)) removeCache(path);
}

/** Removes a cache file. Throws the system's error if it stays and can be read; anything else at its path does no harm. */
function removeCache(path: string): void {
  try {
    removeIfPresent(path);
  } catch (error) {
    if (readCache(path) !== null) throw error;
  }
}

/** Returns the text of one of our cache files; null if it is missing or foreign. Such a file is later replaced by a rename. */
export function readCache(path: string, cap?: number): string | null {
  try {
    return readOwn(path, cap);
  } catch {
    return null;
  }
}

/** Parses the content of a file of this version; without fields if it is missing, damaged or of another version. */
function contentOf(text: string | null): Fields {
  const content = parse(text ?? "");
  return content?.["version"] === VERSION ? content : {};
}

/*
 * What a damaged file holds counts as missing and is read from the log: a value of another type would stop every worker, and
 * none would replace the file.
 */

function usageIn(value: unknown): CountedUsage | null {
  const { last, tried } = fields(value);
  return isWindow(last) && (tried === null || isWindow(tried)) ? { last, tried } : null;
}

function isWindow(value: unknown): value is UsageWindow {
  const { from, until, tokens, micros, unpriced } = fields(value);
  const counts = tokenClasses.map((name) => fields(tokens)[name]);
  return [from, until].every((at) => isTime(numberOf(at) ?? -1)) && [micros, unpriced, ...counts].every(isNumber);
}

const limitsIn = (value: unknown): RecordedLimits | null =>
  isFields(value) && Object.values(value).every(isNumber) ? (value as RecordedLimits) : null;

function scopesIn(value: unknown): Memory["scopes"] {
  const entries = Object.entries(fields(value)).flatMap(([scope, one]) => {
    const [own, at] = [scopeIn(one), numberOf(fields(one)["at"])];
    return own === null || at === null ? [] : [[scope, { ...own, at }] as const];
  });
  return Object.fromEntries(entries);
}

function scopeIn(value: unknown): ScopeMemory | null {
  const { answers, samples, findings } = fields(value);
  const areUsable = answers === null || (isNumber(fields(answers)["at"]) && isFields(fields(answers)["status"]));
  if (!areUsable || !Array.isArray(samples) || !Array.isArray(findings)) return null;
  if (!samples.every(isSample) || !findings.every(isFinding)) return null;
  return { answers: answers as ScopeMemory["answers"], samples, findings };
}

function isSample(value: unknown): value is Sample {
  const { at, quota } = fields(value);
  const { key, percent, resetsAt } = fields(quota);
  return isNumber(at) && typeof key === "string" && isNumber(percent) && (resetsAt === null || isNumber(resetsAt));
}

function isFinding(value: unknown): value is Finding {
  const { type, severity, message, details } = fields(value);
  return [type, severity, message].every((one) => typeof one === "string") && isFields(details);
}

const isNumber = (value: unknown): boolean => numberOf(value) !== null;
