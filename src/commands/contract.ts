import { type RecordKind, recordKinds } from "../model/record.ts";
import type { Machine } from "../install/machine.ts";
import { lookUp, unknownName, type RunnableItem } from "../utils/registry.ts";

/** Everything a command gets; its only access to the machine. */
export interface Context extends Machine {
  /** Positional arguments. */
  readonly args: readonly string[];
  /** Options by name without dashes: true for a flag, otherwise the value. */
  readonly options: Readonly<Record<string, string | true>>;
  /** The file of this program that is running; reader threads and processes start from it. */
  readonly entryFile: string;
  /** All commands including reports, for commands that list them. */
  commands(): Promise<readonly Command[]>;
  /** Whether to print colours, and the width in columns. */
  readonly terminal: { readonly colour: boolean; readonly columns: number };
  /** Asks a question in the terminal and returns the line that is typed; absent if input or output is not a terminal. */
  ask?(question: string): Promise<string>;
  /** Writes one line to stdout. */
  print(line: string): void;
  /** Writes one line to stderr. */
  warn(line: string): void;
}

/** What an option changes; the help lists options by it. */
export type OptionGroup = "days" | "filters" | "rows" | "output";

/** An option of a command: a flag, or an option with a value. */
export interface Option {
  readonly name: string;
  /** Its other names; one of a single letter is written with one dash. */
  readonly aliases?: readonly string[];
  /** The value's placeholder in the help; absent for a flag. */
  readonly value?: string;
  /** All values that are allowed, for shell completion; absent if there are others. */
  readonly values?: readonly string[];
  /** Absent where a command has only a few options. */
  readonly group?: OptionGroup;
  readonly description: string;
}

/** All names of an option as they are written, one-letter names first. */
export const flagsOf = ({ name, aliases = [] }: Pick<Option, "name" | "aliases">): string[] =>
  [name, ...aliases]
    .toSorted((a, b) => Math.min(a.length, 2) - Math.min(b.length, 2))
    .map((one) => (one.length === 1 ? `-${one}` : `--${one}`));

/** An option that a command does not take, although another one does, and what to do instead. */
export interface RefusedOption extends Pick<Option, "name" | "aliases"> {
  readonly hint: string;
}

/** What a command serves; the help lists commands by it. */
export type Purpose = "setup" | "display" | "log" | "ledger" | "hub";

/** One command of `pawprint`. */
export interface Command extends RunnableItem {
  /** Absent for reports, and for commands that the help leaves out. */
  readonly purpose?: Purpose;
  /** The positional arguments as the help shows them, such as "[usage|status]"; absent if the command takes none. */
  readonly args?: string;
  /** All values that the first argument may have, the second one and so on, for shell completion. */
  readonly argValues?: readonly (readonly string[])[];
  readonly options?: readonly Option[];
  /** Options that users may expect; the error for each has its own hint. */
  readonly refused?: readonly RefusedOption[];
  /** Not run by users: by this program, by an assistant, or in a checkout; left out of the help. */
  readonly internal?: true;
  /** Whether it is a report; the help lists reports in a separate table. */
  readonly isReport?: true;
  /** Whether it runs with the settings of the environment only, and reads no file of the user. */
  readonly ignoresFiles?: true;
  /** Runs the command and returns the exit status. Throws PawprintError with a message for the user. */
  run(context: Context): Promise<number>;
}

/** The command with a name or an alias. Throws bad_usage, with the most similar of the names that users run and of `others`. */
export function commandNamed(commands: readonly Command[], name: string, others: readonly string[] = []): Command {
  const names = commands.flatMap((one) => (one.internal ? [] : one.name));
  const command = lookUp(commands, name);
  if (!command) throw unknownName("command", name, [...names, ...others], "see: pawprint help");
  return command;
}

/** Returns the record kind named by a command's only argument, or "usage" if there is none. Throws bad_usage. */
export function recordKindOf(args: readonly string[]): RecordKind {
  const [name = "usage", ...more] = args;
  const kind = recordKinds.find((one) => one === name);
  if (kind && more.length === 0) return kind;
  throw unknownName("kind of record", args.join(" "), recordKinds);
}
