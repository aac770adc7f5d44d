import { isDeferred, type LoggerState, PAUSE_MS } from "../model/state.ts";
import { duration } from "../utils/terminal.ts";

/** Returns the problem that the worker reported in the state, or null. */
export function stateProblem(state: LoggerState | null, now: number): string | null {
  if (state?.failure && isDeferred(state.failure.retryAt, now, PAUSE_MS)) {
    return `log stopped: ${state.failure.message}, next try in ${duration(state.failure.retryAt - now)}`;
  }
  return state?.notice ?? null;
}
