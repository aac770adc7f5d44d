// The line imports this file only when a setting is invalid.
import type { SettingGroup, SettingProblem, Settings } from "../utils/config.ts";
import { declarations } from "../utils/declarations.ts";
import { nearestName } from "../utils/registry.ts";

const EFFECTS: Readonly<Record<SettingGroup, string>> = {
  line: "the default is used",
  logging: "logging is off because of it",
  hub: "nothing is sent to a hub because of it",
};

/** Returns what is wrong with a setting, the effect, and the allowed values, each as part of a sentence. */
export function explainProblem(problem: SettingProblem): {
  readonly message: string;
  readonly effect: string;
  readonly hint: string;
} {
  const { kind, setting, group, value, allowed } = problem;
  const nearest = nearestOf(problem);
  const hint = nearest === null ? `allowed: ${allowed}` : `did you mean ${nearest}?`;
  if (kind === "name") {
    const message = setting === value ? `${value} is not a setting` : `${setting}: there is no segment "${value}"`;
    return { message, effect: "it has no effect", hint };
  }
  const effect = EFFECTS[group];
  return { message: `${setting} is "${value}"`, effect, hint };
}

/** The existing name, or of a setting with a choice the allowed value, that is most similar to the wrong one; null if none is. */
function nearestOf({ kind, setting, value, nearest }: SettingProblem): string | null {
  const declaration = Object.values(declarations).find(({ env }) => env === setting);
  return kind === "value" && declaration?.kind === "choice" ? nearestName(value, declaration.choices) : nearest;
}

/** Returns the worst problem in one sentence with the number of further problems; null when there is none. */
export function worstProblem(problems: readonly SettingProblem[]): string | null {
  const worst = problems.find(({ group }) => group === "logging") ?? problems[0];
  if (!worst) return null;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more: pawprint doctor)` : "";
  return `${worst.group === "logging" ? "log off: " : ""}${shortText(worst)}${more}`;
}

/** Returns a short text, so that the wrong name and the suggested one fit into a narrow line. */
function shortText(problem: SettingProblem): string {
  const { kind, setting, value } = problem;
  const { message, hint } = explainProblem(problem);
  const nearest = nearestOf(problem);
  if (nearest === null) return `${message}, ${hint}`;
  return kind === "value" || setting === value
    ? `${message}, try ${nearest}`
    : `${setting}: no "${value}", try ${nearest}`;
}

/** Returns the text of worstProblem for the settings, including unknown names in PET_SEGMENTS. */
export function settingsProblem(
  settings: Settings,
  problems: readonly SettingProblem[],
  known: ReadonlyMap<string, unknown>,
): string | null {
  return worstProblem([...problems, ...unknownSegments(settings, known)]);
}

/** Returns a problem for each unknown name in PET_SEGMENTS, once per name, at most 20. */
export function unknownSegments(settings: Settings, known: ReadonlyMap<string, unknown>): SettingProblem[] {
  const unknown = new Set(settings.segments.filter((name) => !known.has(name)));
  const common = {
    setting: "PET_SEGMENTS",
    group: "line",
    allowed: "the segments that pawprint preview shows",
  } as const;
  return [...unknown].slice(0, 20).map((name) => {
    const value = name.slice(0, 200);
    return { kind: "name", ...common, value, nearest: nearestName(value, [...known.keys()]) };
  });
}
