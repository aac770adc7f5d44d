import type { Session } from "../model/session.ts";
import { emptyState, type Failure, type LoggerState, PAUSE_MS, stateOf, stateText } from "../model/state.ts";
import { errnoOf, messageOf } from "../utils/errors.ts";
import { removeIfPresent, replaceFile } from "../utils/files.ts";
import { type Lock, tryLock } from "../utils/lock.ts";
import { askLedger } from "./ask-ledger.ts";
import { askProgram } from "./ask-program.ts";
import { buildRecords } from "./build-records.ts";
import { pause, prepareDirectory, sweep, waitingSessions } from "./Claims.ts";
import { commitRecords, type WrittenRecord } from "./commit-records.ts";
import { leaveSessionWaiting } from "./launch.ts";
import { loadCapture } from "./load-capture.ts";
import { readCache } from "./Memory.ts";
import { type Due, dueOf } from "./Schedule.ts";
import type { ClaudeAnswers, RecorderOptions } from "./types.ts";

/** The result of a run of the recorder. */
export type RecorderOutcome =
  | { readonly result: "busy" | "nothing_due" }
  | { readonly result: "stopped"; readonly failure: Failure }
  | { readonly result: "recorded"; readonly records: readonly WrittenRecord[]; readonly answers: ClaudeAnswers | null };

const MB = 1_048_576;
const STOP_BELOW = 20 * MB;
const WARN_BELOW = 100 * MB;

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

  /** Loads what the caches hold, asks program and ledger, builds the records and commits them. */
  async #record(session: Session | null, force: Due | null): Promise<RecorderOutcome> {
    const { files, settings, clock, client, messages } = this.#options;
    const now = clock.now();
    const state = stateOf(readCache(files.state));
    sweep(files, now, false);
    const due = force ?? dueOf(state, now, session, settings);
    if (due === null) return { result: "nothing_due" };
    const free = this.#options.freeBytes(files.directory);
    if (free < STOP_BELOW) return this.#stop(state, now, "ENOSPC", `disk full, ${Math.floor(free / MB)} MB free`);

    try {
      const loaded = loadCapture(this.#options, state, session, now);
      const program = await askProgram(this.#options, due, loaded, !this.#isStatusAsked);
      this.#isStatusAsked ||= program.isStatusAsked;
      const ledger = await askLedger(this.#options, due, loaded);
      const notice = free < WARN_BELOW ? `disk low, ${Math.floor(free / MB)} MB free` : null;
      const context = { due, hasProgram: client !== null, intervals: settings, notice };
      const built = buildRecords({ ...loaded, ...program, ...ledger, ...context });
      const records = await commitRecords(this.#options, built, loaded, ledger);
      sweep(files, now, true);
      messages.debug({ due, records: records.map(({ record }) => record.id) }, "recorded");
      return { result: "recorded", records, answers: program.answers };
    } catch (error) {
      return this.#stop(state, now, errnoOf(error) ?? "error", messageOf(error));
    }
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

/** Runs an action and ignores its errors: a failure is recorded in two places, and pawprint doctor checks the directory. */
function ignoreErrors(action: () => void): void {
  try {
    action();
  } catch {
    // The other place may be writable.
  }
}
