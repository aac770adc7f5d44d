import type { Clock } from "../utils/clock.ts";
import type { Environment, SettingProblem, Settings } from "../utils/config.ts";
import type { Places } from "../utils/paths.ts";

/** The machine as it is handed in: its environment, where things are, what is set, and its time. */
export interface Machine {
  readonly env: Environment;
  readonly places: Places;
  readonly settings: Settings;
  readonly problems: readonly SettingProblem[];
  readonly clock: Clock;
}
