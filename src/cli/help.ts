import {
  type Command,
  commandNamed,
  flagsOf,
  type Option,
  type OptionGroup,
  type Purpose,
} from "../commands/contract.ts";
import { wrapWords } from "../reports/shared/truncate.ts";
import type { Example } from "../utils/registry.ts";
import { type Style, width } from "../utils/terminal.ts";
import { version } from "../../package.json";

/** What a page of the help shows, and how: all commands including reports, and the terminal's width in columns. */
export interface HelpPage {
  readonly commands: readonly Command[];
  readonly style: Style;
  readonly columns: number;
}

/** The command lines that the help of the program begins with. */
export const FIRST_STEPS: readonly Example[] = [
  { args: "demo", description: "see what it shows, on a recorded answer" },
  { args: "install", description: "show the line in Claude Code" },
  { args: "overview", description: "usage, cost and limits now; also without a command" },
  { args: "daily --last 7d", description: "tokens and cost of the last seven days" },
  { args: "help daily", description: "the options and examples of a command" },
];

/** The headings of the commands, in the order of the help. */
export const PURPOSES: Readonly<Record<Purpose, string>> = {
  setup: "Set up",
  display: "See it",
  log: "The usage and status log",
  ledger: "The ledger",
  hub: "Several machines, one hub",
};

const GROUPS: Readonly<Record<OptionGroup, string>> = {
  days: "Days",
  filters: "Only some of the usage",
  rows: "Rows and costs",
  output: "Output",
};

/** Narrower terminals get lines of this many columns; in wider ones than the second, lines would be hard to read. */
const MIN_COLUMNS = 60;
const MAX_COLUMNS = 200;

/** The help of the program: what to run first, then a line for each command and report. */
export function programHelp({ commands, style, columns }: HelpPage): string[] {
  const fit = columnsIn(columns);
  const shown = commands.filter(({ internal }) => !internal);
  const reports = shown.filter(({ isReport }) => isReport);
  const term = Math.max(...shown.map(({ name }) => name.length));
  const list = (title: string, items: readonly Command[]): string[] => [
    "",
    heading(title, style),
    ...definitions(
      items.map(({ name, description }): Definition => {
        const isShort = width(description) <= fit - term - 4;
        return [name, isShort ? description : firstPart(description)];
      }),
      term,
      fit,
    ),
  ];
  return [
    ...wrapWords(`pawprint ${version}: a Claude Code status line with a pet, a usage log and a token ledger`, fit),
    "",
    heading("Start with", style),
    ...examplesOf(FIRST_STEPS, fit, style),
    ...Object.entries(PURPOSES).flatMap(([purpose, title]) =>
      list(
        title,
        shown.filter((one) => one.purpose === purpose),
      ),
    ),
    ...list("Reports", reports),
    "",
    ...wrapWords("pawprint help <command> explains one; pawprint --version prints the version.", fit),
  ];
}

/** The help of a command: examples, usage, what it does, its options, related commands. Throws bad_usage for an unknown one. */
export function commandHelp(name: string, { commands, style, columns }: HelpPage): string[] {
  const command = commandNamed(commands, name);
  const fit = columnsIn(columns);
  const { args, options = [], examples = [], related = [] } = command;
  const usage = ["pawprint", command.name, ...(args ? [args] : []), ...(options.length > 0 ? ["[options]"] : [])];
  const section = (title: string, lines: readonly string[]): string[][] =>
    lines.length === 0 ? [] : [[heading(title, style), ...lines]];
  const grouped = Map.groupBy(options, ({ group }) => group);
  const groups = [undefined, ...(Object.keys(GROUPS) as OptionGroup[])];
  const terms = optionTerms(options);
  const term = Math.max(0, ...[...terms.values()].map(width));
  const sections = [
    ...section("Examples", examplesOf(examples, fit, style)),
    [heading("Usage", style), ...wrapWords(usage.join(" "), fit, 2), ...wrapWords(commandText(command), fit, 2)],
    ...groups.flatMap((group) =>
      section(
        group === undefined ? "Options" : GROUPS[group],
        definitions(
          (grouped.get(group) ?? []).map((option): Definition => [terms.get(option) ?? "", optionText(option)]),
          term,
          fit,
        ),
      ),
    ),
    ...section(
      "See also",
      related.length === 0 ? [] : wrapWords(related.map((one) => `pawprint ${one}`).join(", "), fit, 2),
    ),
  ];
  return sections.flatMap((lines, at) => (at === 0 ? lines : ["", ...lines]));
}

/** A description before its first colon, semicolon or bracket: what a command or an option does, in one line. */
export const firstPart = (description: string): string => description.split(/[:;](?= )| (?=\()/, 1)[0] ?? "";

const columnsIn = (columns: number): number => Math.min(Math.max(columns, MIN_COLUMNS), MAX_COLUMNS);
const heading = (title: string, style: Style): string => style.paint("name", title);

/** The names of options with their placeholders; names of one letter have a column of their own, if there are any. */
function optionTerms(options: readonly Option[]): Map<Option, string> {
  const isShort = (option: Option): boolean => flagsOf(option)[0]?.length === 2;
  const indent = options.some(isShort) ? "    " : "";
  return new Map(
    options.map((option) => {
      const value = option.value ? ` <${option.value}>` : "";
      return [option, `${isShort(option) ? "" : indent}${flagsOf(option).join(", ")}${value}`];
    }),
  );
}

/** The description of a command, with its other names. */
export const commandText = ({ description, aliases = [] }: Command): string =>
  aliases.length > 0 ? `${description}; also: ${aliases.join(", ")}` : description;

/** The description of an option with its allowed values, unless it explains them. */
export function optionText({ description, values = [] }: Option): string {
  const isExplained = values.every((value) => description.includes(value));
  return isExplained ? description : `${description}; one of: ${values.join(", ")}`;
}

function examplesOf(examples: readonly Example[], columns: number, style: Style): string[] {
  const rows = examples.map(({ args, description }): Definition => [`pawprint ${args}`, description]);
  const term = Math.max(0, ...rows.map(([line]) => width(line)));
  return definitions(rows, term, columns, (text) => style.paint("quiet", text));
}

type Definition = readonly [term: string, text: string];

/** Terms of `term` columns with texts beside them; below them where more than half of the line would be terms. */
function definitions(
  rows: readonly Definition[],
  term: number,
  columns: number,
  paint = (text: string): string => text,
): string[] {
  const isBelow = term + 4 > columns / 2;
  const indent = isBelow ? 8 : term + 4;
  return rows.flatMap(([name, text]) => {
    const lines = wrapWords(text, columns, indent);
    if (isBelow) return [`  ${name}`, ...lines.map(paint)];
    const [first = "", ...more] = lines;
    return [`  ${name.padEnd(term)}  ${paint(first.slice(indent))}`, ...more.map(paint)];
  });
}
