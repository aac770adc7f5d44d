import type { LogRecord, RecordKind } from "../model/record.ts";
import type { Session } from "../model/session.ts";
import { emptyState, type LoggerState, PAUSE_MS, stateOf, stateText, type Failure } from "../model/state.ts";
import type { Clock } from "../utils/clock.ts";
import type { Settings } from "../utils/config.ts";
import { errnoOf, messageOf } from "../utils/errors.ts";
import { readOwn, replaceFile, removeIfPresent } from "../utils/files.ts";
import { type Lock, tryLock } from "../utils/lock.ts";
import type { Logger } from "../utils/log.ts";
import { pause, prepareDirectory, sweep, waitingSessions } from "./Claims.ts";
import { buildRecords } from "./build-records.ts";
import { leaveSessionWaiting } from "./launch.ts";
import type { LogFiles } from "./LogFiles.ts";
import { type RecordedLimits, recordedIn, recordedOf, recordedText, unrecorded } from "./limits.ts";
import { type Memory, memoryOf, memoryText } from "./Memory.ts";
import { redact, type Privacy } from "./privacy.ts";
import { lastUsageWindow, usageWindowText } from "./accounting/usage-in-records.ts";
import type { CaptureContext } from "./records.ts";
import { type Due, dueOf, mayAsk, wasSetBack } from "./Schedule.ts";
import type {
  Accounting,
  ClaudeAnswers,
  AssistantLimitRows,
  OpenLog,
  UsageWindow,
  UsageSnapshot,
  ClaudeRequest,
} from "./types.ts";

/** Queries Claude Code; implemented by CommandExecutor. */
export interface ClaudeClient {
  ask(request: ClaudeRequest): Promise<ClaudeAnswers>;
}

/** The dependencies of a recorder. */
export interface RecorderOptions {
  readonly files: LogFiles;
  readonly scope: string;
  readonly settings: Settings;
  readonly home: string;
  readonly realHome?: string | undefined;
  /** Values that no record may contain (scrub.ts: secretValues). */
  readonly secrets?: readonly string[];
  readonly clock: Clock;
  readonly log: OpenLog;
  /** Null if Claude Code was not found. */
  readonly client: ClaudeClient | null;
  /** Undefined if tokens are not counted; a later record then includes them. */
  readonly accounting?: Accounting | undefined;
  readonly messages: Logger;
  /** Returns the bytes available to this user on the file system of a path. */
  freeBytes(path: string): number;
}

/** The result of a run of the recorder. */
export type RecorderOutcome =
  | { readonly result: "busy" | "nothing_due" }
  | { readonly result: "stopped"; readonly failure: Failure }
  | { readonly result: "recorded"; readonly records: readonly WrittenRecord[]; readonly answers: ClaudeAnswers | null };

/** A record, and whether it was written or already present. */
export interface WrittenRecord {
  readonly kind: RecordKind;
  readonly record: LogRecord;
  readonly written: "written" | "known";
}

const MB = 1_048_576;
const STOP_BELOW = 20 * MB;
const WARN_BELOW = 100 * MB;
/** A session that starts within this time after a capture (milliseconds) reuses its status answers. */
const REUSE_MS = 60_000;
const RETRY_AFTER_MS = [100, 400, 1_600, 5_000];

/** Writes the due records. It is the only writer of the log, because it holds the log's lock during its whole run. */
export class Recorder {
  readonly #options: RecorderOptions;
  /** Whether this run has already queried the status: all sessions that it records share the answer, or its absence. */
  #isStatusAsked = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Records what is due for a session, or what `force` names. Throws directory_unusable. */
  async run(session: Session | null, force: Due | null = null): Promise<RecorderOutcome> {
    const { files, clock } = this.#options;
    await prepareDirectory(files);
    this.#isStatusAsked = false;
    let lock: Lock | null;
    try {
      lock = tryLock(files.lock);
    } catch (error) {
      const message = `${files.lock} cannot be locked: ${messageOf(error)}`;
      return this.#stop(stateOf(readCache(files.state)), clock.now(), "LOCK", message);
    }
    if (lock === null) {
      // It may not refresh again; a session that has its record costs the running worker nothing.
      if (session !== null && force === null) await leaveSessionWaiting(files, session).catch(() => undefined);
      return { result: "busy" };
    }
    try {
      const outcome = await this.#record(session, force);
      if (outcome.result !== "stopped") await this.#recordWaiting();
      return outcome;
    } finally {
      lock.release();
    }
  }

  /** Writes the first status records of waiting sessions; queries the program at most once for all of them. */
  async #recordWaiting(): Promise<void> {
    for (const { session, path } of waitingSessions(this.#options.files)) {
      const { result } = await this.#record(session, null);
      if (result === "stopped") return;
      removeIfPresent(path);
    }
  }

  async #record(session: Session | null, force: Due | null): Promise<RecorderOutcome> {
    const { files, scope, settings, clock, log, messages } = this.#options;
    const now = clock.now();
    const state = stateOf(readCache(files.state));
    sweep(files, now, false);
    const due = force ?? dueOf(state, now, session, settings);
    if (due === null) return { result: "nothing_due" };
    const free = this.#options.freeBytes(files.directory);
    if (free < STOP_BELOW) return this.#stop(state, now, "ENOSPC", `disk full, ${Math.floor(free / MB)} MB free`);

    try {
      const memory = memoryOf(readCache(files.memory), log, scope, now);
      const capture = this.#captureContext(state, session, now);
      const { answers, status } = await this.#queryProgram(due, state, memory, capture);
      const countsUsage = due.usage && this.#options.accounting !== undefined;
      const last = countsUsage ? lastUsageWindow(readCache(files.usageWindow), log, now, settings.usageInterval) : null;
      const snapshot = last && (await this.#collectUsage(last, now));
      const recorded = this.#recorded(snapshot?.limits ?? []);
      const limits = unrecorded(snapshot?.limits ?? [], recorded);
      const notice = free < WARN_BELOW ? `disk low, ${Math.floor(free / MB)} MB free` : null;
      const next = buildRecords({
        state,
        memory,
        due,
        answers,
        status,
        snapshot,
        limits,
        hasProgram: this.#options.client !== null,
        capture,
        intervals: settings,
        notice,
      });
      // Saved before and after: if this worker is killed in between, the next one checks whether the log has the record.
      if (last && snapshot) this.#saveWindows(last, snapshot.window);
      if (limits.length > 0) ignoreErrors(() => removeIfPresent(files.limits));
      const entries = await this.#write(next.records);
      const isCounted = entries.some(({ kind, written }) => kind === "usage" && written === "written");
      if (last) this.#saveWindows(snapshot && isCounted ? snapshot.window : last, null);
      // Only the log knows the contents of a record that was already present.
      if (entries.every(({ kind, written }) => kind !== "limits" || written === "written"))
        this.#saveRecorded(recorded, limits);
      replaceFile(files.memory, memoryText(next.memory));
      const behind = log.problem?.() ?? null;
      if (behind !== null) messages.warn({ behind }, "the records are not in all stores");
      const text = stateText({ ...next.state, notice: next.state.notice ?? behind?.slice(0, 300) ?? null });
      replaceFile(files.state, text);
      sweep(files, now, true);
      messages.debug({ due, records: entries.map(({ record }) => record.id) }, "recorded");
      return { result: "recorded", records: entries, answers };
    } catch (error) {
      return this.#stop(state, now, errnoOf(error) ?? "error", messageOf(error));
    }
  }

  #captureContext(state: LoggerState | null, session: Session | null, now: number): CaptureContext {
    const { files, scope, settings, home, realHome, secrets = [] } = this.#options;
    const setBack = state?.usage && wasSetBack(state.usage, now, settings.usageInterval);
    const generation = (state?.generation ?? 0) + (setBack ? 1 : 0);
    const privacy: Privacy = { ...settings, home, realHome, salt: saltOf(files), secrets };
    return { now, scope, generation, session, privacy };
  }

  /**
   * Queries the program for what is due, unless back-off forbids it or a recent answer can be reused. Redacts the answers
   * right away, so that nothing that the settings forbid reaches log or memory.
   */
  async #queryProgram(
    due: Due,
    state: LoggerState | null,
    memory: Memory,
    { now, session, privacy }: CaptureContext,
  ): Promise<{ answers: ClaudeAnswers | null; status: ClaudeAnswers["status"] }> {
    const { client, messages } = this.#options;
    const last = memory.answers;
    const recent = last !== null && last.at <= now && now - last.at < REUSE_MS ? last.status : null;
    const reused = due.status === "first_seen" ? recent : null;
    const request: ClaudeRequest = {
      usage: due.usage && mayAsk(state, now),
      status: due.status !== "no" && reused === null && (due.status !== "first_seen" || !this.#isStatusAsked),
      onPlan: session !== null && (session.limits.fiveHour ?? session.limits.weekly) !== null,
    };
    if (!client || (!request.usage && !request.status)) return { answers: null, status: reused };
    this.#isStatusAsked ||= request.status;
    const answers = redact(await client.ask(request).catch(failedAnswers), session?.cwd ?? null, privacy);
    if (answers.failure)
      messages.warn({ ...answers.failure, wallMs: answers.wallMs }, "Claude Code gave no usable answer");
    return { answers, status: answers.status ?? reused };
  }

  /** Returns the usage from the ledger; null if that fails, because the record is written regardless. */
  async #collectUsage(last: UsageWindow, now: number): Promise<UsageSnapshot | null> {
    const { accounting, messages } = this.#options;
    try {
      return (await accounting?.collect(last, now)) ?? null;
    } catch (error) {
      messages.debug({ error: messageOf(error), code: errnoOf(error) }, "the ledger could not be queried");
      return null;
    }
  }

  /** Returns which limits are recorded, from the file, or from the log if the file is missing. */
  #recorded(limits: readonly AssistantLimitRows[]): RecordedLimits {
    const { files, log } = this.#options;
    const saved = recordedOf(readCache(files.limits));
    if (saved !== null || limits.length === 0) return saved ?? new Map();
    const found = recordedIn(log, limits);
    ignoreErrors(() => replaceFile(files.limits, recordedText(found)));
    return found;
  }

  #saveRecorded(recorded: RecordedLimits, added: readonly AssistantLimitRows[]): void {
    if (added.length === 0) return;
    const all = new Map([...recorded, ...added.map(({ source, at }) => [source, at] as const)]);
    ignoreErrors(() => replaceFile(this.#options.files.limits, recordedText(all)));
  }

  #saveWindows(last: UsageWindow, tried: UsageWindow | null): void {
    ignoreErrors(() => replaceFile(this.#options.files.usageWindow, usageWindowText(last, tried)));
  }

  /** Writes all records and retries for up to 7.1 s when a write fails. Throws the last error. */
  async #write(records: readonly (readonly [RecordKind, LogRecord])[]): Promise<WrittenRecord[]> {
    const { log, clock, messages } = this.#options;
    const entries: WrittenRecord[] = [];
    for (const [kind, record] of records) {
      for (let attempt = 0; ; attempt++) {
        try {
          entries.push({ kind, record, written: log.append(kind, record) });
          break;
        } catch (error) {
          const wait = RETRY_AFTER_MS[attempt];
          messages.warn({ kind, attempt, error: messageOf(error), code: errnoOf(error) }, "writing a record failed");
          if (wait === undefined) throw error;
          await clock.sleep(wait);
        }
      }
    }
    return entries;
  }

  /** Suspends logging. Records it in the state for the line, and as an empty file in case the disk is full. */
  #stop(state: LoggerState | null, now: number, code: string, message: string): RecorderOutcome {
    const { files, messages } = this.#options;
    const failure: Failure = { code, message: message.slice(0, 300), since: now, retryAt: now + PAUSE_MS };
    messages.error({ trouble: failure }, "logging stopped");
    ignoreErrors(() => pause(files, code, now));
    ignoreErrors(() => replaceFile(files.state, stateText({ ...(state ?? emptyState), failure })));
    return { result: "stopped", failure };
  }
}

/** The answers when the query itself throws; the record then comes from stdin. */
const failedAnswers = (error: unknown): ClaudeAnswers => ({
  usage: null,
  status: null,
  failure: { reason: messageOf(error), raw: null },
  wallMs: 0,
});

/** Runs an action and ignores its errors, for data that is also available elsewhere. */
function ignoreErrors(action: () => void): void {
  try {
    action();
  } catch {
    // Failures are recorded in two places, counted usage is in the log, and pawprint doctor checks the directory.
  }
}

/** Returns the text of one of our cache files; null if it is missing or foreign. Such a file is later replaced by a rename. */
function readCache(path: string): string | null {
  try {
    return readOwn(path);
  } catch {
    return null;
  }
}

function saltOf(files: LogFiles): string {
  const known = readCache(files.salt);
  if (known) return known;
  const salt = crypto.randomUUID();
  replaceFile(files.salt, salt);
  return salt;
}
