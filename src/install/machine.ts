import { explainProblem } from "../line/settings-problem.ts";
import type { Clock } from "../utils/clock.ts";
import type { Environment, SettingGroup, SettingProblem, Settings } from "../utils/config.ts";
import { PawprintError } from "../utils/errors.ts";
import type { Places } from "../utils/paths.ts";

/** Throws bad_setting if a setting of a group is invalid: nothing is written to a place, or sent to a hub, by a guess. */
export function checkSettings({ problems }: Pick<Machine, "problems">, checked: SettingGroup): void {
  const wrong = problems.find(({ group }) => group === checked);
  if (!wrong) return;
  const { message, hint } = explainProblem(wrong);
  throw new PawprintError("bad_setting", message, hint);
}

/** The machine as commands see it: environment, paths, settings and clock. */
export interface Machine {
  readonly env: Environment;
  readonly places: Places;
  readonly settings: Settings;
  readonly problems: readonly SettingProblem[];
  readonly clock: Clock;
  /** Whether Bun is permanently installed, not in a cache such as npx's: the running one, or for an executable the one on PATH. */
  readonly bunLasts: boolean;
}
