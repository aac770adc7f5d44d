import { type LogRecord, type RecordKind } from "../model/record.ts";
import type { Finding } from "../model/report.ts";
import type { Session } from "../model/session.ts";
import {
  emptyState,
  type LoggerState,
  type OpenFinding,
  PAUSE_MS,
  stateOf,
  stateText,
  type Trouble,
} from "../model/state.ts";
import type { Clock } from "../utils/clock.ts";
import type { Settings } from "../utils/config.ts";
import { errnoOf, messageOf } from "../utils/errors.ts";
import { readOwn, replaceFile } from "../utils/files.ts";
import { type Lock, tryLock } from "../utils/lock.ts";
import type { Logger } from "../utils/log.ts";
import { pause, prepareDirectory, sweep } from "./Claims.ts";
import { diagnose, reportOf, statusDiagnostics } from "./diagnose.ts";
import { learn, paces, remember } from "./learn.ts";
import type { LogFiles } from "./LogFiles.ts";
import { type Memory, memoryOf, memoryText } from "./Memory.ts";
import { hide, type Privacy } from "./privacy.ts";
import {
  changes,
  diagnosticRecordOf,
  firstSeenId,
  intervalId,
  type Moment,
  sourceOf,
  statusRecordOf,
  usageRecordOf,
} from "./records.ts";
import { backOff, type Due, dueOf, mayAsk, SESSION_MEMORY_MS, sessionKey, slotOf } from "./Schedule.ts";
import type { Asked } from "./types.ts";

/** Where records go; an open sink is one. */
export interface OpenLog {
  append(kind: RecordKind, record: LogRecord): "written" | "known";
  read(kind: RecordKind, since: number): Iterable<LogRecord>;
}

/** What asks Claude Code; CommandExecutor is one. */
export interface Asker {
  ask(want: { usage: boolean; status: boolean }): Promise<Asked>;
}

/** All that a recorder needs of the machine. */
export interface RecorderOptions {
  readonly files: LogFiles;
  readonly scope: string;
  readonly settings: Settings;
  readonly home: string;
  readonly clock: Clock;
  readonly log: OpenLog;
  /** Null where there is no program to ask. */
  readonly asker: Asker | null;
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
const MAX_SESSIONS = 200;
/** Findings that the state keeps for line and doctor; the log has all. */
const MAX_FINDINGS = 50;

/** Makes the records that are due: the only writer of the log, because it holds the log's lock for its whole run. */
export class Recorder {
  readonly #options: RecorderOptions;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Records what is due for a session, or what `force` says. Throws directory_unusable. */
  async run(session: Session | null, force: Due | null = null): Promise<Outcome> {
    const { files, clock } = this.#options;
    prepareDirectory(files);
    let lock: Lock | null;
    try {
      lock = tryLock(files.lock);
    } catch (error) {
      return this.#stop(null, clock.now(), "LOCK", `${files.lock} cannot be locked: ${messageOf(error)}`);
    }
    if (lock === null) return { result: "busy" };
    try {
      return await this.#record(session, force);
    } finally {
      lock.release();
    }
  }

  async #record(session: Session | null, force: Due | null): Promise<Outcome> {
    const { files, scope, settings, clock, log, messages } = this.#options;
    const now = clock.now();
    const state = stateOf(readOwn(files.state));
    sweep(files, now, false);
    const due = force ?? dueOf(state, now, session, settings);
    if (due === null) return { result: "nothing_due" };
    const free = this.#options.freeBytes(files.directory);
    if (free < STOP_BELOW) return this.#stop(state, now, "ENOSPC", `disk full, ${Math.floor(free / MB)} MB free`);

    try {
      const memory = memoryOf(readOwn(files.memory), log, scope, now);
      const moment = this.#moment(state, session, now);
      const { asked, status } = await this.#ask(due, state, memory, moment);
      const next = this.#think({ state, memory, session, due, asked, status, moment, free });
      const entries = await this.#write(next.records);
      replaceFile(files.memory, memoryText(next.memory));
      replaceFile(files.state, stateText(next.state));
      sweep(files, now, true);
      messages.debug({ due, records: entries.map(({ record }) => record.id) }, "recorded");
      return { result: "recorded", records: entries, asked };
    } catch (error) {
      return this.#stop(state, now, errnoOf(error) ?? "error", messageOf(error));
    }
  }

  #moment(state: LoggerState | null, session: Session | null, now: number): Moment {
    const { files, scope, settings, home } = this.#options;
    const setBack = (state?.usage?.slot ?? 0) > slotOf(now, settings.usageInterval) + 1;
    const generation = (state?.generation ?? 0) + (setBack ? 1 : 0);
    const privacy: Privacy = { email: settings.email, cwd: settings.cwd, home, salt: saltOf(files) };
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
    const want = { usage: due.usage && mayAsk(state, now), status: due.status !== "no" && reused === null };
    if (!asker || (!want.usage && !want.status)) return { asked: null, status: reused };
    const asked = hide(await asker.ask(want).catch(unasked), session?.cwd ?? null, privacy);
    if (asked.failure) messages.warn({ ...asked.failure, wallMs: asked.wallMs }, "Claude Code gave no usable answer");
    return { asked, status: asked.status ?? reused };
  }

  /** What the answers mean: the records to write, and what line and next worker are to know. */
  #think(given: {
    readonly state: LoggerState | null;
    readonly memory: Memory;
    readonly session: Session | null;
    readonly due: Due;
    readonly asked: Asked | null;
    readonly status: Asked["status"];
    readonly moment: Moment;
    readonly free: number;
  }): { records: [RecordKind, LogRecord][]; memory: Memory; state: LoggerState } {
    const { state, memory, session, due, asked, status, moment, free } = given;
    const { settings, asker } = this.#options;
    const { now, generation } = moment;
    const usage = asked?.usage ?? null;
    const slots = { usage: slotOf(now, settings.usageInterval), status: slotOf(now, settings.statusInterval) };
    const reported = asked?.status?.doctor != null;
    const findings = reported && status ? diagnose(reportOf(status)) : memory.findings;

    const records: [RecordKind, LogRecord][] = [];
    if (due.usage) {
      const id = intervalId("usage", slots.usage, settings.usageInterval, moment);
      records.push(["usage", usageRecordOf(id, usage, moment)]);
    }
    if (due.status !== "no") {
      const first = due.status === "first_seen" && session?.id != null ? session.id : null;
      const id = first
        ? firstSeenId(first, moment)
        : intervalId("status", slots.status, settings.statusInterval, moment);
      const diagnostics = statusDiagnostics(findings, status?.doctor != null);
      const source = usage ? sourceOf(usage) : status?.get_status != null ? "control" : "statusline";
      records.push(["status", statusRecordOf(id, status, source, diagnostics, moment)]);
    }
    const since = state?.status?.at ?? 0;
    for (const event of changes(memory.findings, findings)) {
      records.push(["diagnostics", diagnosticRecordOf(event, since, moment)]);
    }

    const learned = learn(state, usage?.data ?? null, session, now);
    const samples = remember(memory.samples, learned.quotas, now);
    const asking = !due.usage || !mayAsk(state, now) ? (state?.asking ?? null) : this.#judge(state, asked, now);
    return {
      records,
      memory: { answers: asked?.status ? { at: now, status: asked.status } : memory.answers, samples, findings },
      state: {
        ...emptyState,
        generation,
        usage: due.usage ? { slot: slots.usage, at: now } : (state?.usage ?? null),
        status: due.status === "no" ? (state?.status ?? null) : { slot: slots.status, at: now },
        sessions: sessionsWith(state, due.status === "no" ? null : session, now),
        quotas: learned.quotas,
        extra: learned.extra,
        pace: paces(samples, now),
        findings: findings.slice(0, MAX_FINDINGS).map(openFinding),
        asked: asked ? { at: now, wallMs: asked.wallMs } : (state?.asked ?? null),
        asking: asker ? asking : backOff(state, now, "claude was not found"),
        notice: free < WARN_BELOW ? `disk low, ${Math.floor(free / MB)} MB free` : null,
      },
    };
  }

  /** The back-off after asking for usage: none once limits came. */
  #judge(state: LoggerState | null, asked: Asked | null, now: number): LoggerState["asking"] {
    if (sourceOf(asked?.usage ?? null) !== "statusline") return null;
    return backOff(state, now, asked?.failure?.reason ?? "the answer holds no limits");
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

/** Does what may fail without consequence: the trouble it would note is noted in two places. */
function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // The other place has it, and pawprint doctor looks at the directory itself.
  }
}

function openFinding({ type, severity, message, details }: Finding): OpenFinding {
  const { fix } = details;
  return { type, severity, message: message.slice(0, 300), fix: typeof fix === "string" ? fix.slice(0, 300) : null };
}

function saltOf(files: LogFiles): string {
  const known = readOwn(files.salt);
  if (known) return known;
  const salt = crypto.randomUUID();
  replaceFile(files.salt, salt);
  return salt;
}

function sessionsWith(state: LoggerState | null, session: Session | null, now: number): Record<string, number> {
  const young = Object.entries(state?.sessions ?? {}).filter(([, at]) => Math.abs(now - at) < SESSION_MEMORY_MS);
  const kept = young.toSorted(([, a], [, b]) => b - a).slice(0, MAX_SESSIONS);
  if (session?.id != null) kept.push([sessionKey(session.id), now]);
  return Object.fromEntries(kept);
}
