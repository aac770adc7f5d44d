import type { Clock } from "../utils/clock.ts";
import type { Environment, SettingProblem, Settings } from "../utils/config.ts";
import type { Places } from "../utils/paths.ts";
import type { ShelfItem } from "../utils/shelf.ts";

/** What a command is given; the only way it reaches the machine. */
export interface Context {
  /** Words that are no option. */
  readonly words: readonly string[];
  /** Options by name without dashes: true for a switch, else its value. */
  readonly options: Readonly<Record<string, string | true>>;
  readonly env: Environment;
  readonly places: Places;
  readonly settings: Settings;
  readonly problems: readonly SettingProblem[];
  readonly clock: Clock;
  /** Whether stdout is a terminal that wants colours, and how wide it is. */
  readonly terminal: { readonly colour: boolean; readonly columns: number };
  /** Writes one line to stdout. */
  print(line: string): void;
  /** Writes one line to stderr. */
  warn(line: string): void;
}

/** An option of a command: a switch, or one that takes a value. */
export interface Option {
  readonly name: string;
  /** What the value is called in the help; absent for a switch. */
  readonly value?: string;
  readonly meaning: string;
}

/** One command of `pawprint`. */
export interface Command extends ShelfItem {
  /** The words after the name, for the help: "[usage|status]". */
  readonly words?: string;
  readonly options?: readonly Option[];
  /** Started by this program only, and not in the help. */
  readonly internal?: true;
  /** Does it, and returns the exit status. Throws PawprintError for what the user should read. */
  run(context: Context): Promise<number>;
}
