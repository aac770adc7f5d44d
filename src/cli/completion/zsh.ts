import { type CommandWords, type OptionWords, PROGRAMS, type ProgramWords, quoted, type Words } from "./words.ts";

/** The completion function for zsh, to be found in a directory of fpath under the name _pawprint. */
export function zshCompletion({ commands, groups }: ProgramWords): string {
  const described = commands.map(({ name, description }) => quoted(`${name}:${description.replaceAll("\\", "\\\\")}`));
  return `#compdef ${PROGRAMS.join(" ")}
_pawprint() {
  local curcontext=$curcontext state line ret=1
  typeset -A opt_args
  local -a commands
  commands=(
${described.map((one) => `    ${one}`).join("\n")}
  )
  _arguments -C \\
    '(- *)'{-h,--help}'[print the help]' \\
    '(- *)'{-v,--version}'[print the version]' \\
    '1:command:->command' \\
    '*::argument:->argument' && ret=0
  case $state in
    command) _describe -t commands command commands && ret=0 ;;
    argument)
      case $words[1] in
${groups.map(arm).join("\n")}
      esac
      ;;
  esac
  return ret
}
# Run directly where a plugin manager loads this file as a function, and defined where it is sourced.
if [[ $funcstack[1] == _pawprint ]]; then
  _pawprint "$@"
else
  compdef _pawprint ${PROGRAMS.join(" ")}
fi
`;
}

function arm({ names, options, args, moreArgs }: CommandWords): string {
  const places = args.map((words, at) => `${at + 1}:${escaped("argument")}:${action(words)}`);
  const more = moreArgs === "text" ? [] : [`*:file:${action(moreArgs)}`];
  const specs = [...options.flatMap(optionSpecs), ...[...places, ...more].map(quoted)];
  return `        ${names.join("|")})\n          _arguments \\\n${specs.map((spec) => `            ${spec} \\\n`).join("")}            && ret=0\n          ;;`;
}

/** One specification for each name of an option, each of which excludes the others. */
function optionSpecs({ flags, description, value }: OptionWords): string[] {
  const others = flags.length > 1 ? `(${flags.join(" ")})` : "";
  return flags.map((flag) => {
    const takes = value === null ? "" : `:${escaped(value.placeholder)}:${action(value.words)}`;
    const name = value !== null && flag.startsWith("--") ? `${flag}=` : flag;
    return quoted(`${others}${name}[${escaped(description)}]${takes}`);
  });
}

const action = (words: Words): string =>
  words === "files" ? "_files" : words === "text" ? " " : `(${words.join(" ")})`;
/** A text inside a specification, where brackets and colons have a meaning. */
const escaped = (text: string): string => text.replace(/[\\[\]:]/g, "\\$&");
