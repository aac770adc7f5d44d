import { type RecordKind, recordKinds } from "../model/record.ts";
import type { Machine } from "../install/machine.ts";
import { PawprintError } from "../utils/errors.ts";
import type { RegistryItem } from "../utils/registry.ts";

/** What a command is given; the only way it reaches the machine. */
export interface Context extends Machine {
  /** Words that are no option. */
  readonly words: readonly string[];
  /** Options by name without dashes: true for a switch, else its value. */
  readonly options: Readonly<Record<string, string | true>>;
  /** The file of this program that is running, for threads to run as well. */
  readonly entryFile: string;
  /** All commands, reports included, for those that print them. */
  commands(): Promise<readonly Command[]>;
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
  readonly description: string;
}

/** One command of `pawprint`. */
export interface Command extends RegistryItem {
  /** The words after the name, for the help: "[usage|status]". */
  readonly words?: string;
  readonly options?: readonly Option[];
  /** Started by this program only, and not in the help. */
  readonly internal?: true;
  /** It is a report, and stands in a table of its own. */
  readonly isReport?: true;
  /** Does it, and returns the exit status. Throws PawprintError for what the user should read. */
  run(context: Context): Promise<number>;
}

/** The kind of record that a command's first word names, usage where there is none. Throws bad_usage. */
export function kindOf(words: readonly string[]): RecordKind {
  const [word = "usage", ...more] = words;
  const kind = recordKinds.find((one) => one === word);
  if (kind && more.length === 0) return kind;
  throw new PawprintError(
    "bad_usage",
    `there is no kind of record "${words.join(" ")}"`,
    `one of: ${recordKinds.join(", ")}`,
  );
}
