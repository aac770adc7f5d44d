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
  /** Whether the Bun that runs this will still lie where it lies tomorrow, or is one of npx's cache. */
  readonly bunLasts: boolean;
}
