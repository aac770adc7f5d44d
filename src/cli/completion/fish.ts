import { type OptionWords, type ProgramWords, PROGRAMS, type Words } from "./words.ts";

/** The completions for fish; a second program name gets them by one line in a file of its own. */
export function fishCompletion({ commands, groups }: ProgramWords): string {
  const [program] = PROGRAMS;
  const when = (names: readonly string[], condition = "__pawprint_in"): string =>
    `-n ${quoted(`${condition} ${names.join(" ")}`)}`;
  // Each option once for all commands that have it.
  const options = new Map<string, { readonly option: OptionWords; readonly names: string[] }>();
  for (const { names, options: all } of groups) {
    for (const option of all) {
      const key = JSON.stringify(option);
      const known = options.get(key) ?? { option, names: [] };
      known.names.push(...names);
      options.set(key, known);
    }
  }
  const argLines = groups.flatMap(({ names, args, moreArgs }) => [
    ...args.map((words, at) => {
      // Values of options count as words before the argument, so the last argument may come later.
      const count = `${at === args.length - 1 ? "-ge" : "-eq"} ${at + 2}`;
      return [...action(words), when(names, `__pawprint_argument ${count}`)];
    }),
    ...(moreArgs === "files" ? [["-F", when(names)]] : []),
  ]);
  return [
    "function __pawprint_in",
    "    set -l words (commandline -opc)",
    '    contains -- "$words[2]" $argv',
    "end",
    "function __pawprint_argument",
    "    set -l words (string match -v -- '-*' (commandline -opc))",
    '    test (count $words) $argv[1] $argv[2]; and contains -- "$words[2]" $argv[3..-1]',
    "end",
    `complete -c ${program} -f`,
    `complete -c ${program} -n __fish_is_first_arg -s h -l help -d 'print the help'`,
    `complete -c ${program} -n __fish_is_first_arg -s v -l version -d 'print the version'`,
    ...commands.map(
      ({ name, description }) => `complete -c ${program} -n __fish_is_first_arg -a ${name} -d ${quoted(description)}`,
    ),
    ...argLines.map((words) => `complete -c ${program} ${words.join(" ")}`),
    ...Array.from(options.values(), ({ option: { flags, value, description }, names }) =>
      [
        `complete -c ${program}`,
        when(names),
        ...flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)),
        ...(value === null ? [] : action(value.words)),
        `-d ${quoted(description)}`,
      ].join(" "),
    ),
    "",
  ].join("\n");
}

/** The arguments of complete for a value that is required. */
const action = (words: Words): string[] =>
  words === "files" ? ["-r -F"] : words === "text" ? ["-x"] : [`-x -a ${quoted(words.join(" "))}`];

/** A text in single quotes of fish. */
const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
