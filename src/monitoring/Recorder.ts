import type { LogRecord, RecordKind } from "../model/record.ts";
import type { Session } from "../model/session.ts";
import { emptyState, type LoggerState, PAUSE_MS, stateOf, stateText, type Trouble } from "../model/state.ts";
import type { Clock } from "../utils/clock.ts";
import type { Settings } from "../utils/config.ts";
import { errnoOf, messageOf } from "../utils/errors.ts";
import { readOwn, replaceFile, unlinkQuietly } from "../utils/files.ts";
import { type Lock, tryLock } from "../utils/lock.ts";
import type { Logger } from "../utils/log.ts";
import { pause, prepareDirectory, sweep, waitingIn } from "./Claims.ts";
import { conclude } from "./conclude.ts";
import { leaveWaiting } from "./launch.ts";
import type { LogFiles } from "./LogFiles.ts";
import { type Recorded, recordedIn, recordedOf, recordedText, unrecorded } from "./limits.ts";
import { type Memory, memoryOf, memoryText } from "./Memory.ts";
import { hide, type Privacy } from "./privacy.ts";
import { lastReckoning, reckoningText } from "./reckoning.ts";
import type { Moment } from "./records.ts";
import { type Due, dueOf, mayAsk, wasSetBack } from "./Schedule.ts";
import type { Accounts, Asked, LimitsTold, OpenLog, Reckoning, Settled, Want } from "./types.ts";

/** What asks Claude Code; CommandExecutor is one. */
export interface Asker {
  ask(want: Want): Promise<Asked>;
}

/** All that a recorder needs of the machine. */
export interface RecorderOptions {
  readonly files: LogFiles;
  readonly scope: string;
  readonly settings: Settings;
  readonly home: string;
  readonly realHome?: string | undefined;
  /** Values that no record may hold (scrub.ts: secretValues). */
  readonly secrets?: readonly string[];
  readonly clock: Clock;
  readonly log: OpenLog;
  /** Null where there is no program to ask. */
  readonly asker: Asker | null;
  /** Absent where nobody counts tokens: the records then tell none, and a later one makes up for it. */
  readonly accounts?: Accounts | undefined;
  readonly messages: Logger;
  /** Bytes free for us on the file system of a path. */
  freeBytes(path: string): number;
}

/** What a run of the recorder did. */
export type Outcome =
  | { readonly result: "busy" | "nothing_due" }
  | { readonly result: "stopped"; readonly trouble: Trouble }
  | { readonly result: "recorded"; readonly records: readonly Entry[]; readonly asked: Asked | null };

/** One record, and whether it was written or was there already. */
export interface Entry {
  readonly kind: RecordKind;
  readonly record: LogRecord;
  readonly written: "written" | "known";
}

const MB = 1_048_576;
const STOP_BELOW = 20 * MB;
const WARN_BELOW = 100 * MB;
/** A session seen this soon after a capture gets its status record from that capture. */
const REUSE_MS = 60_000;
const RETRY_AFTER_MS = [100, 400, 1_600, 5_000];

/** Makes the records that are due: the only writer of the log, because it holds the log's lock for its whole run. */
export class Recorder {
  readonly #options: RecorderOptions;
  /** Whether this run asked for the status already: what it got, or failed to get, is that of all sessions it records. */
  #isStatusAsked = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Records what is due for a session, or what `force` says. Throws directory_unusable. */
  async run(session: Session | null, force: Due | null = null): Promise<Outcome> {
    const { files, clock } = this.#options;
    await prepareDirectory(files);
    this.#isStatusAsked = false;
    let lock: Lock | null;
    try {
      lock = tryLock(files.lock);
    } catch (error) {
      const message = `${files.lock} cannot be locked: ${messageOf(error)}`;
      return this.#stop(stateOf(cached(files.state)), clock.now(), "LOCK", message);
    }
    if (lock === null) {
      // It may not refresh again; a session that has its record costs the worker at work nothing.
      if (session !== null && force === null) await leaveWaiting(files, session).catch(() => undefined);
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

  /** Makes the first status records of sessions that wait for them; the program is asked once for all of them at most. */
  async #recordWaiting(): Promise<void> {
    for (const { session, path } of waitingIn(this.#options.files)) {
      const { result } = await this.#record(session, null);
      if (result === "stopped") return;
      unlinkQuietly(path);
    }
  }

  async #record(session: Session | null, force: Due | null): Promise<Outcome> {
    const { files, scope, settings, clock, log, messages } = this.#options;
    const now = clock.now();
    const state = stateOf(cached(files.state));
    sweep(files, now, false);
    const due = force ?? dueOf(state, now, session, settings);
    if (due === null) return { result: "nothing_due" };
    const free = this.#options.freeBytes(files.directory);
    if (free < STOP_BELOW) return this.#stop(state, now, "ENOSPC", `disk full, ${Math.floor(free / MB)} MB free`);

    try {
      const memory = memoryOf(cached(files.memory), log, scope, now);
      const moment = this.#moment(state, session, now);
      const { asked, status } = await this.#ask(due, state, memory, moment);
      const counts = due.usage && this.#options.accounts !== undefined;
      const last = counts ? lastReckoning(cached(files.reckoning), log, now, settings.usageInterval) : null;
      const settled = last && (await this.#settle(last, now));
      const recorded = this.#recorded(settled?.limits ?? []);
      const limits = unrecorded(settled?.limits ?? [], recorded);
      const hasProgram = this.#options.asker !== null;
      const notice = free < WARN_BELOW ? `disk low, ${Math.floor(free / MB)} MB free` : null;
      const next = conclude({
        state,
        memory,
        due,
        asked,
        status,
        settled,
        limits,
        hasProgram,
        moment,
        intervals: settings,
        notice,
      });
      // Noted before and after: a worker that is killed in between leaves it to the next one to look what the log has.
      if (last && settled) this.#note(last, settled.reckoning);
      if (limits.length > 0) attempt(() => unlinkQuietly(files.limits));
      const entries = await this.#write(next.records);
      const isCounted = entries.some(({ kind, written }) => kind === "usage" && written === "written");
      if (last) this.#note(settled && isCounted ? settled.reckoning : last, null);
      // What a record tells that was there already, only the log knows.
      if (entries.every(({ kind, written }) => kind !== "limits" || written === "written"))
        this.#noteRecorded(recorded, limits);
      replaceFile(files.memory, memoryText(next.memory));
      const behind = log.problem?.() ?? null;
      if (behind !== null) messages.warn({ behind }, "not all places have the records");
      replaceFile(
        files.state,
        stateText({ ...next.state, notice: next.state.notice ?? behind?.slice(0, 300) ?? null }),
      );
      sweep(files, now, true);
      messages.debug({ due, records: entries.map(({ record }) => record.id) }, "recorded");
      return { result: "recorded", records: entries, asked };
    } catch (error) {
      return this.#stop(state, now, errnoOf(error) ?? "error", messageOf(error));
    }
  }

  #moment(state: LoggerState | null, session: Session | null, now: number): Moment {
    const { files, scope, settings, home, realHome, secrets = [] } = this.#options;
    const setBack = state?.usage && wasSetBack(state.usage, now, settings.usageInterval);
    const generation = (state?.generation ?? 0) + (setBack ? 1 : 0);
    const privacy: Privacy = { ...settings, home, realHome, salt: saltOf(files), secrets };
    return { now, scope, generation, session, privacy };
  }

  /**
   * Asks the program for what is due, as far as back-off allows and no answer is young enough. What the settings do not
   * allow to be recorded is hidden right here, so that it reaches neither log nor memory.
   */
  async #ask(
    due: Due,
    state: LoggerState | null,
    memory: Memory,
    { now, session, privacy }: Moment,
  ): Promise<{ asked: Asked | null; status: Asked["status"] }> {
    const { asker, messages } = this.#options;
    const { answers } = memory;
    const young = answers !== null && answers.at <= now && now - answers.at < REUSE_MS ? answers.status : null;
    const reused = due.status === "first_seen" ? young : null;
    const want: Want = {
      usage: due.usage && mayAsk(state, now),
      status: due.status !== "no" && reused === null && (due.status !== "first_seen" || !this.#isStatusAsked),
      onPlan: session !== null && (session.limits.fiveHour ?? session.limits.weekly) !== null,
    };
    if (!asker || (!want.usage && !want.status)) return { asked: null, status: reused };
    this.#isStatusAsked ||= want.status;
    const asked = hide(await asker.ask(want).catch(unasked), session?.cwd ?? null, privacy);
    if (asked.failure) messages.warn({ ...asked.failure, wallMs: asked.wallMs }, "Claude Code gave no usable answer");
    return { asked, status: asked.status ?? reused };
  }

  /** What the ledger tells; null where it cannot, which must not cost the record. */
  async #settle(last: Reckoning, now: number): Promise<Settled | null> {
    const { accounts, messages } = this.#options;
    try {
      return (await accounts?.settle(last, now)) ?? null;
    } catch (error) {
      messages.debug({ error: messageOf(error), code: errnoOf(error) }, "the ledger could not be asked");
      return null;
    }
  }

  /** Which limits records tell: by the file, or where that is lost by the log. */
  #recorded(told: readonly LimitsTold[]): Recorded {
    const { files, log } = this.#options;
    const kept = recordedOf(cached(files.limits));
    if (kept !== null || told.length === 0) return kept ?? new Map();
    const found = recordedIn(log, told);
    attempt(() => replaceFile(files.limits, recordedText(found)));
    return found;
  }

  #noteRecorded(recorded: Recorded, more: readonly LimitsTold[]): void {
    if (more.length === 0) return;
    const all = new Map([...recorded, ...more.map(({ source, at }) => [source, at] as const)]);
    attempt(() => replaceFile(this.#options.files.limits, recordedText(all)));
  }

  #note(last: Reckoning, tried: Reckoning | null): void {
    attempt(() => replaceFile(this.#options.files.reckoning, reckoningText(last, tried)));
  }

  /** Writes all records, trying again for a while where writing fails. Throws the last failure. */
  async #write(records: readonly (readonly [RecordKind, LogRecord])[]): Promise<Entry[]> {
    const { log, clock, messages } = this.#options;
    const entries: Entry[] = [];
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

  /** Logging rests: noted in the state for the line, and as an empty file in case the disk takes nothing more. */
  #stop(state: LoggerState | null, now: number, code: string, message: string): Outcome {
    const { files, messages } = this.#options;
    const trouble: Trouble = { code, message: message.slice(0, 300), since: now, retryAt: now + PAUSE_MS };
    messages.error({ trouble }, "logging stopped");
    attempt(() => pause(files, code, now));
    attempt(() => replaceFile(files.state, stateText({ ...(state ?? emptyState), trouble })));
    return { result: "stopped", trouble };
  }
}

/** A program that could not even be asked: the interval's record comes from the next source. */
const unasked = (error: unknown): Asked => ({
  usage: null,
  status: null,
  failure: { reason: messageOf(error), raw: null },
  wallMs: 0,
});

/** Does what may fail without consequence: what it would note can be had from another place. */
function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Trouble is noted in two places, what was counted stands in the log, and pawprint doctor looks at the directory.
  }
}

/** The text of a cache of ours; one that is missing or was planted counts as none, and is replaced by a rename. */
function cached(path: string): string | null {
  try {
    return readOwn(path);
  } catch {
    return null;
  }
}

function saltOf(files: LogFiles): string {
  const known = cached(files.salt);
  if (known) return known;
  const salt = crypto.randomUUID();
  replaceFile(files.salt, salt);
  return salt;
}
