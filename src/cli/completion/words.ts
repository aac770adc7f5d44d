import { type Command, flagsOf } from "../../commands/contract.ts";
import { firstPart } from "../help.ts";

/** What may stand in one place of a command line: one of some values, a file name, or a text that is not completed. */
export type Words = readonly string[] | "files" | "text";

/** An option as a shell completes it. */
export interface OptionWords {
  /** Its names with dashes. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Its value and the value's placeholder; null for a flag. */
  readonly value: { readonly words: Words; readonly placeholder: string } | null;
}

/** Commands that are completed alike, as all reports with the same options are. */
export interface CommandWords {
  readonly names: readonly string[];
  readonly options: readonly OptionWords[];
  /** The words of the first argument, of the second one and so on. */
  readonly args: readonly Words[];
  /** The words of all further arguments. */
  readonly moreArgs: Words;
}

/** What the completion scripts are printed from. */
export interface ProgramWords {
  /** Every command with a short description, in the order of the help. */
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly groups: readonly CommandWords[];
}

/** The names that the program has on PATH, the one with the script first. */
export const PROGRAMS = ["pawprint", "paw"] as const;

/** Everything that a shell completes, from the commands that the help shows. */
export function programWords(all: readonly Command[]): ProgramWords {
  const shown = all.filter(({ internal }) => !internal);
  const commands = shown.map(({ name, description }) => ({
    name,
    description: firstPart(description),
  }));
  const names = commands.map(({ name }) => name);
  const words = shown.map((command) => ({
    name: command.name,
    aliases: command.aliases ?? [],
    ...wordsOf(command, names),
  }));
  const groups = Map.groupBy(words, ({ options, args, moreArgs }) => JSON.stringify([options, args, moreArgs]));
  return {
    commands,
    groups: [...groups.values()].flatMap((group) => {
      const [first] = group;
      return first ? [{ ...first, names: group.flatMap(({ name, aliases }) => [name, ...aliases]) }] : [];
    }),
  };
}

function wordsOf(
  { name, args = "", argValues, options = [] }: Command,
  commands: readonly string[],
): Omit<CommandWords, "names"> {
  const help = { name: "help", description: "print the help of this command" };
  return {
    options: [...options, { ...help, aliases: ["h"] }].map((option) => ({
      flags: flagsOf(option),
      description: firstPart(option.description),
      value:
        option.value === undefined
          ? null
          : { words: option.values ?? placeholderWords(option.value), placeholder: option.value },
    })),
    args: name === "help" ? [commands] : (argValues ?? []),
    moreArgs: placeholderWords(args),
  };
}

/** A placeholder that is named for a file or a directory stands for file names. */
const placeholderWords = (placeholder: string): Words =>
  /\b(?:file|directory)\b/i.test(placeholder) ? "files" : "text";

/** A text in single quotes for bash and zsh. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
