import { isPutOff, type LoggerState, PAUSE_MS } from "../model/state.ts";
import type { SettingProblem } from "../utils/config.ts";
import { duration } from "../utils/terminal.ts";

/** What is wrong with a setting, what comes of it, and what may stand there, each as a part of a sentence. */
export function explain({ kind, setting, group, value, allowed, nearest }: SettingProblem): {
  readonly message: string;
  readonly effect: string;
  readonly hint: string;
} {
  const hint = nearest === null ? `allowed: ${allowed}` : `nearest: ${nearest}`;
  if (kind === "name") {
    const message = setting === value ? `${value} is no setting` : `${setting} names no segment "${value}"`;
    return { message, effect: "it has no effect", hint };
  }
  const effect = group === "logging" ? "logging is off because of it" : "the default is taken";
  return { message: `${setting} is "${value}"`, effect, hint };
}

/** The worst of the problems in one sentence, and how many there are besides; null where there is none. */
export function settingsTrouble(problems: readonly SettingProblem[]): string | null {
  const worst = problems.find(({ group }) => group === "logging") ?? problems[0];
  if (!worst) return null;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more: pawprint doctor)` : "";
  return `${worst.group === "logging" ? "log off: " : ""}${inShort(worst)}${more}`;
}

/** In few words, so that the right name fits into a narrow line with the wrong one. */
function inShort(problem: SettingProblem): string {
  const { kind, setting, value, nearest } = problem;
  const { message, hint } = explain(problem);
  if (kind === "value" || nearest === null) return `${message}, ${hint}`;
  return setting === value ? `${message}, try ${nearest}` : `${setting}: no "${value}", try ${nearest}`;
}

/** What the worker said is wrong, or null. */
export function stateTrouble(state: LoggerState | null, now: number): string | null {
  if (state?.trouble && isPutOff(state.trouble.retryAt, now, PAUSE_MS)) {
    return `log stopped: ${state.trouble.message}, next try in ${duration(state.trouble.retryAt - now)}`;
  }
  return state?.notice ?? null;
}
