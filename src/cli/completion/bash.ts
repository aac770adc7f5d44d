import { type CommandWords, PROGRAMS, type ProgramWords, quoted, type Words } from "./words.ts";

/** The completion script for bash 3.2 and later. It runs nothing but builtins of bash. */
export function bashCompletion({ commands, groups }: ProgramWords): string {
  const names = [...commands.map(({ name }) => name), "--help", "--version"];
  return `_pawprint() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local flags='' values='' files='' valued=' ' position=0 at word
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W ${quoted(names.join(" "))} -- "$cur"))
    return
  fi
  # Bash splits --name=value into three words.
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case \${COMP_WORDS[1]} in
${groups.map(options).join("\n")}
    *) return ;;
  esac
  if [[ -z $values$files ]]; then
    if [[ $valued == *" $prev "* ]]; then
      return
    elif [[ $cur == -* ]]; then
      values=$flags
    else
      for ((at = 2; at < COMP_CWORD; at++)); do
        word=\${COMP_WORDS[at]}
        if [[ $valued == *" $word "* ]]; then
          [[ \${COMP_WORDS[at + 1]} == '=' ]] && ((at++))
          ((at++))
        elif [[ $word != -* ]]; then
          ((position++))
        fi
      done
      case \${COMP_WORDS[1]} in
${groups.map(args).join("")}        *) ;;
      esac
    fi
  fi
  if [[ -n $files ]]; then
    compopt -o default 2>/dev/null
  else
    COMPREPLY=($(compgen -W "$values" -- "$cur"))
  fi
}
complete -F _pawprint ${PROGRAMS.join(" ")}
`;
}

/** An arm of the case over commands that sets the options, and the values where the word before is an option. */
function options({ names, options: all }: CommandWords): string {
  const valued = all.filter(({ value }) => value !== null);
  const arms = valued.flatMap(({ flags, value }) =>
    value === null || value.words === "text" ? [] : `        ${flags.join(" | ")}) ${assigned(value.words)} ;;\n`,
  );
  const values = arms.length === 0 ? "" : `      case $prev in\n${arms.join("")}      esac\n`;
  return `    ${names.join(" | ")})
      flags=${quoted(all.flatMap(({ flags }) => flags).join(" "))}
      valued=${quoted(` ${valued.flatMap(({ flags }) => flags).join(" ")} `)}
${values}      ;;`;
}

/** An arm of the case over commands that sets the values of an argument by its position; none for a command without arguments. */
function args({ names, args: places, moreArgs }: CommandWords): string {
  const arms = [
    ...places.map((words, at) => `${at}) ${assigned(words)} ;;`),
    ...(moreArgs === "text" ? [] : [`*) ${assigned(moreArgs)} ;;`]),
  ];
  if (arms.length === 0) return "";
  const lines = arms.map((arm) => `            ${arm}\n`).join("");
  return `        ${names.join(" | ")})\n          case $position in\n${lines}          esac\n          ;;\n`;
}

const assigned = (words: Words): string =>
  words === "files" ? "files=1" : words === "text" ? ":" : `values=${quoted(words.join(" "))}`;
