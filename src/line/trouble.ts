import { isDeferred, type LoggerState, PAUSE_MS } from "../model/state.ts";
import { duration } from "../utils/terminal.ts";

/** What the worker said is wrong, or null. */
export function stateTrouble(state: LoggerState | null, now: number): string | null {
  if (state?.trouble && isDeferred(state.trouble.retryAt, now, PAUSE_MS)) {
    return `log stopped: ${state.trouble.message}, next try in ${duration(state.trouble.retryAt - now)}`;
  }
  return state?.notice ?? null;
}
