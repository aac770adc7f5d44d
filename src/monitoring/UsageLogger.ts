import type { Session } from "../model/session.ts";
import { isDeferred, type LoggerState, PAUSE_MS } from "../model/state.ts";
import type { Clock } from "../utils/clock.ts";
import type { Settings } from "../utils/config.ts";
import { dueOf } from "./Schedule.ts";

/** The result of a tick. */
export type TickResult = "off" | "not_due" | "paused" | "claimed_elsewhere" | "launched" | "failed";

/** The dependencies of a logger. `paused` and `claim` access the directory and are called only when something is due. */
export interface LoggerOptions {
  readonly settings: Pick<Settings, "loggingEnabled" | "usageInterval" | "statusInterval">;
  readonly clock: Clock;
  readState(): Promise<LoggerState | null>;
  paused(now: number): boolean | Promise<boolean>;
  claim(now: number): boolean | Promise<boolean>;
  /** Leaves a new session to the worker that another process started; undefined if no session is known. */
  leaveWaiting?(session: Session): void | Promise<void>;
  /** Writes the records: in a detached worker (the line) or in this process (watch). */
  launch(session: Session | null): void | Promise<void>;
}

/** Interval between ticks of the loop, milliseconds. */
const LOOP_MS = 1_000;

/** Decides at each tick whether a record is due and which process writes it. Does nothing while logging is off. */
export class UsageLogger {
  readonly #options: LoggerOptions;
  #loop: Promise<void> | null = null;
  #stopping = false;

  constructor(options: LoggerOptions) {
    this.#options = options;
  }

  /** Runs one tick at `now` (epoch milliseconds) for a session or none. Never throws: a tick must not break the line. */
  async tick(now: number, session: Session | null): Promise<TickResult> {
    const { settings, readState, paused, claim, leaveWaiting, launch } = this.#options;
    if (!settings.loggingEnabled) return "off";
    try {
      const state = await readState();
      const due = dueOf(state, now, session, settings);
      if (due === null) return "not_due";
      if (state?.failure && isDeferred(state.failure.retryAt, now, PAUSE_MS)) return "paused";
      if (await paused(now)) return "paused";
      if (!(await claim(now))) {
        if (session && due.status === "first_seen") await leaveWaiting?.(session);
        return "claimed_elsewhere";
      }
      await launch(session);
      return "launched";
    } catch {
      return "failed";
    }
  }

  /** Ticks every second, without a session, until stop(). */
  start(): void {
    if (this.#loop !== null) return;
    this.#stopping = false;
    this.#loop = this.#run();
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stopping) {
      await this.tick(clock.now(), null);
      await clock.sleep(LOOP_MS);
    }
  }

  /** Ends the loop after the current tick. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#loop;
    this.#loop = null;
  }
}
