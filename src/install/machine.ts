import { explain } from "../line/settings-trouble.ts";
import type { Clock } from "../utils/clock.ts";
import type { Environment, SettingProblem, Settings } from "../utils/config.ts";
import { PawprintError } from "../utils/errors.ts";
import type { Places } from "../utils/paths.ts";

/** Throws bad_setting for a wrong setting of the log: with one, nothing is written, and nowhere else instead. */
export function checkLogSettings({ problems }: Pick<Machine, "problems">): void {
  const wrong = problems.find(({ group }) => group === "logging");
  if (!wrong) return;
  const { message, hint } = explain(wrong);
  throw new PawprintError("bad_setting", message, hint);
}

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
