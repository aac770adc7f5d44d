// The line imports this file only where a setting is wrong.
import type { SettingProblem, Settings } from "../utils/config.ts";
import { nearestName } from "../utils/registry.ts";

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

/** What the line says of the settings: see settingsTrouble; PET_SEGMENTS is looked through for names of no segment as well. */
export function troubleIn(
  settings: Settings,
  problems: readonly SettingProblem[],
  known: ReadonlyMap<string, unknown>,
): string | null {
  return settingsTrouble([...problems, ...unknownSegments(settings, known)]);
}

/** What is wrong with PET_SEGMENTS: each name that is not among the known ones, once, 20 at most. */
export function unknownSegments(settings: Settings, known: ReadonlyMap<string, unknown>): SettingProblem[] {
  const unknown = new Set(settings.segments.filter((name) => !known.has(name)));
  const rest = { setting: "PET_SEGMENTS", group: "line", allowed: "the segments that pawprint preview shows" } as const;
  return [...unknown].slice(0, 20).map((name) => {
    const value = name.slice(0, 200);
    return { kind: "name", ...rest, value, nearest: nearestName(value, known.keys())?.name ?? null };
  });
}
