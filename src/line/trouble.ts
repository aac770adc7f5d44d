import { isPutOff, type LoggerState, PAUSE_MS } from "../model/state.ts";
import type { SettingProblem } from "../utils/config.ts";
import { duration } from "../utils/terminal.ts";

/** A wrong setting in one sentence. */
function problemText({ setting, value, allowed }: SettingProblem): string {
  return `${setting} is "${value}", allowed: ${allowed}`;
}

/** What wrong settings do: one of the logging group turns logging off, one of the line is passed over. */
export function settingsTrouble(problems: readonly SettingProblem[]): string | null {
  const worst = problems.find(({ group }) => group === "logging") ?? problems[0];
  if (!worst) return null;
  return worst.group === "logging" ? `log off: ${problemText(worst)}` : problemText(worst);
}

/** What the worker said is wrong, or null. */
export function stateTrouble(state: LoggerState | null, now: number): string | null {
  if (state?.trouble && isPutOff(state.trouble.retryAt, now, PAUSE_MS)) {
    return `log stopped: ${state.trouble.message}, next try in ${duration(state.trouble.retryAt - now)}`;
  }
  return state?.notice ?? null;
}
