import type { Session } from "../model/session.ts";
import { isDeferred, type LoggerState, PAUSE_MS } from "../model/state.ts";
import type { Clock } from "../utils/clock.ts";
import type { Settings } from "../utils/config.ts";
import { dueOf } from "./Schedule.ts";

/** What became of a tick. */
export type TickResult = "off" | "not_due" | "paused" | "claimed_elsewhere" | "launched" | "failed";

/** What a logger needs; `claim` and `paused` look at the directory and are asked only when something is due. */
export interface LoggerOptions {
  readonly settings: Pick<Settings, "loggingEnabled" | "usageInterval" | "statusInterval">;
  readonly clock: Clock;
  readState(): Promise<LoggerState | null>;
  paused(now: number): boolean | Promise<boolean>;
  claim(now: number): boolean | Promise<boolean>;
  /** Leaves a session that was never seen to the worker that another process started; absent where no session is known. */
  wait?(session: Session): void | Promise<void>;
  /** Has the record made: by a detached worker (the line) or in this process (watch). */
  launch(session: Session | null): void | Promise<void>;
}

/** Milliseconds between two ticks of the loop. */
const LOOP_MS = 1_000;

/** Decides at each tick whether a record is due and who makes it. Nothing happens while logging is off. */
export class UsageLogger {
  readonly #options: LoggerOptions;
  #loop: Promise<void> | null = null;
  #stopping = false;

  constructor(options: LoggerOptions) {
    this.#options = options;
  }

  /** One tick at `now` (epoch milliseconds) for a session, or for none. Never throws: a tick must not break the line. */
  async tick(now: number, session: Session | null): Promise<TickResult> {
    const { settings, readState, paused, claim, wait, launch } = this.#options;
    if (!settings.loggingEnabled) return "off";
    try {
      const state = await readState();
      const due = dueOf(state, now, session, settings);
      if (due === null) return "not_due";
      if (state?.trouble && isDeferred(state.trouble.retryAt, now, PAUSE_MS)) return "paused";
      if (await paused(now)) return "paused";
      if (!(await claim(now))) {
        if (session && due.status === "first_seen") await wait?.(session);
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

  /** Ends the loop after the tick that is under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#loop;
    this.#loop = null;
  }
}
