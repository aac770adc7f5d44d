import { commandsIn, type ShellCommand } from "./words.ts";

/** A change requested from git, or from the program of a forge such as gh. */
export interface GitOperation {
  readonly operation: GitOperationName;
  /** The directory from -C as written; null for the directory in which the command runs. */
  readonly directory: string | null;
}

/**
 * The git operations of a command run by an assistant's shell tool, in order. The text does not show whether they
 * succeeded. Excluded: read-only commands (status, log, `branch` without a name), dry runs, --abort and --continue of
 * operations already counted at their start, and commands run on other machines (ssh).
 */
export function gitOperations(command: string): GitOperation[] {
  return operationsIn(command, 0);
}

interface Arguments {
  /** Options before `--`, without values that are free text. */
  readonly options: readonly string[];
  /** All other arguments before `--`. */
  readonly names: readonly string[];
}

const hasOption = (args: Arguments, option: RegExp): boolean => args.options.some((one) => option.test(one));
const neverReadOnly = (): boolean => false;
const isDryRun = (args: Arguments): boolean => hasOption(args, /^--dry-run$/);
/** -n means --dry-run, also combined with other letters; -e and -o take the rest of the word as their value. */
const isDryRunByLetter = (args: Arguments): boolean =>
  isDryRun(args) || args.options.some((one) => /^-[a-df-np-zA-Z]+$/.test(one) && one.includes("n"));
const isContinuation = (args: Arguments): boolean =>
  hasOption(args, /^--(abort|continue|quit|skip|edit-todo|show-current-patch(=.*)?|resolved)$/);
const isNoneOf =
  (...verbs: string[]) =>
  (args: Arguments): boolean =>
    !verbs.includes(args.names[0] ?? "");

const LISTING_OPTION =
  /^(-[lv]|-n\d*|--(list|verbose|verify|show-current|(no-)?(contains|merged)|points-at|sort|format|column)(=.*)?)$/;
const isListing = (args: Arguments): boolean =>
  !hasOption(args, /^(-r?[dD]r?|--(delete|unset-upstream|edit-description|set-upstream-to=.*))$/) &&
  (args.names.length === 0 || hasOption(args, LISTING_OPTION));

/** Git subcommands that change something, each with a test for calls that do not (git 2.51, git-<name>(1)). */
const GIT = {
  add: isDryRunByLetter,
  am: isContinuation,
  apply: (args) => hasOption(args, /^--(check|stat|numstat|summary)$/),
  branch: isListing,
  checkout: neverReadOnly,
  "cherry-pick": isContinuation,
  clean: isDryRunByLetter,
  clone: neverReadOnly,
  commit: (args) => hasOption(args, /^--(dry-run|short|porcelain|long)$/),
  fetch: isDryRun,
  init: neverReadOnly,
  merge: isContinuation,
  mv: isDryRunByLetter,
  pull: isDryRun,
  push: isDryRunByLetter,
  rebase: isContinuation,
  remote: isNoneOf("add", "remove", "rm", "rename", "set-url", "set-head", "set-branches", "prune", "update"),
  reset: neverReadOnly,
  restore: neverReadOnly,
  revert: isContinuation,
  rm: isDryRunByLetter,
  stash: (args) => ["list", "show"].includes(args.names[0] ?? ""),
  submodule: isNoneOf("add", "update", "init", "deinit", "set-url", "set-branch", "sync", "absorbgitdirs"),
  switch: neverReadOnly,
  tag: isListing,
  worktree: (args) =>
    isNoneOf("add", "remove", "move", "prune", "lock", "unlock", "repair")(args) || isDryRunByLetter(args),
} as const satisfies Readonly<Record<string, (args: Arguments) => boolean>>;

/** Changes made by gh, glab (mr instead of pr) and hub, including synonymous verbs. */
const FORGE = {
  "pr create": "pr_create",
  "pr new": "pr_create",
  "pr merge": "pr_merge",
  "pr accept": "pr_merge",
  "pr close": "pr_close",
  "pr reopen": "pr_reopen",
  "pr review": "pr_review",
  "pr approve": "pr_review",
  "pr checkout": "pr_checkout",
  "pr co": "pr_checkout",
  "pr comment": "pr_comment",
  "pr note": "pr_comment",
  "pr edit": "pr_edit",
  "pr update": "pr_edit",
  "pr ready": "pr_ready",
  "issue create": "issue_create",
  "issue new": "issue_create",
  "issue close": "issue_close",
  "issue reopen": "issue_reopen",
  "issue comment": "issue_comment",
  "issue note": "issue_comment",
  "issue edit": "issue_edit",
  "issue update": "issue_edit",
  "release create": "release_create",
  "release new": "release_create",
  "repo create": "repo_create",
  "repo fork": "repo_fork",
  "repo clone": "clone",
} as const;

/** An operation: a git subcommand, or thing_verb for a forge. */
export type GitOperationName = keyof typeof GIT | (typeof FORGE)[keyof typeof FORGE];

/**
 * Prefixes that run the following command: their options that take a value, and the number of arguments before that
 * command.
 */
const WRAPPERS: Readonly<Record<string, { readonly values?: string; readonly skipped?: number }>> = {
  ...Object.fromEntries(
    ["if", "then", "elif", "else", "while", "until", "do", "!", "{", "builtin", "nohup", "setsid", "noglob"].map(
      (word) => [word, {}],
    ),
  ),
  function: { skipped: 1 },
  time: { values: "fo" },
  command: {},
  exec: { values: "a" },
  env: { values: "uC" },
  sudo: { values: "ugpCDhrtTUR" },
  doas: { values: "uC" },
  nice: { values: "n" },
  ionice: { values: "cnp" },
  stdbuf: { values: "ioe" },
  timeout: { values: "sk", skipped: 1 },
  xargs: { values: "InPLdEsa" },
};
const SHELLS = new Set(["sh", "bash", "zsh", "dash", "ash", "ksh", "fish"]);
/** Nesting depth of `bash -c "bash -c ..."` that is followed; each level parses its text again. */
const MAX_DEPTH = 3;

function operationsIn(text: string, depth: number): GitOperation[] {
  if (depth > MAX_DEPTH || !/\b(?:git|gh|hub|glab)\b/.test(text)) return [];
  return commandsIn(text).flatMap((command) => operationsOf(command, depth));
}

function operationsOf({ words, input }: ShellCommand, depth: number): GitOperation[] {
  const at = programAt(words);
  const program = baseOf(words[at] ?? "");
  if (program === "git") return gitOperation(words, at + 1);
  if (program === "hub" && words[at + 1] === "pull-request") return [{ operation: "pr_create", directory: null }];
  if (program === "gh" || program === "glab" || program === "hub") {
    const operations = forgeOperation(words, at + 1);
    return operations.length === 0 && program === "hub" ? gitOperation(words, at + 1) : operations;
  }
  if (program === "eval") return operationsIn(words.slice(at + 1).join(" "), depth + 1);
  if (SHELLS.has(program)) return operationsIn(scriptOf(words, at + 1, input) ?? "", depth + 1);
  return [];
}

/** The index of the program, after assignments, reserved words and prefixes. */
function programAt(words: readonly string[]): number {
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? "";
    const base = baseOf(word);
    if (/^[A-Za-z_]\w*\+?=/.test(word)) at++;
    else if (Object.hasOwn(WRAPPERS, base)) {
      if (base === "command" && /^-[vV]$/.test(words[at + 1] ?? "")) return words.length;
      const { values = "", skipped: before = 0 } = WRAPPERS[base] ?? {};
      at = afterOptions(words, at + 1, values) + before;
    } else break;
  }
  return at;
}

/** The index after the options. A letter in `values` at the end of a word takes the next word as its value. */
function afterOptions(words: readonly string[], from: number, values: string): number {
  const valued = new RegExp(`[${values}]`);
  let at = from;
  while (at < words.length) {
    const word = words[at] ?? "";
    if (word === "--") return at + 1;
    if (!/^-./.test(word)) break;
    const letter = word.startsWith("--") ? -1 : word.slice(1).search(valued);
    at += letter === word.length - 2 ? 2 : 1;
  }
  return at;
}

/** The last part of a program's path, without .exe: /usr/bin/git and git.exe are git. */
const baseOf = (word: string): string =>
  word.slice(Math.max(word.lastIndexOf("/"), word.lastIndexOf("\\")) + 1).replace(/\.exe$/i, "");

/** The script of `sh -c`, or the input of a shell without arguments. */
function scriptOf(words: readonly string[], from: number, input: string | null): string | null {
  let command = false;
  for (let at = from; at < words.length; at++) {
    const word = words[at] ?? "";
    if (!/^[-+]/.test(word)) return command ? word : null;
    if (/^-[a-zA-Z]*c[a-zA-Z]*$/.test(word)) command = true;
    else if (/^([-+][a-zA-Z]*[oO]|--rcfile|--init-file)$/.test(word)) at++;
  }
  return command ? null : input;
}

function gitOperation(words: readonly string[], from: number): GitOperation[] {
  let directory: string | null = null;
  for (let at = from; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "-C") {
      const next = words[++at] ?? "";
      directory = directory === null || /^[/~$]/.test(next) ? next : `${directory}/${next}`;
    } else if (/^(-c|--(git-dir|work-tree|namespace|super-prefix|config-env|attr-source))$/.test(word)) at++;
    else if (/^(-v|-h|--(version|help|exec-path|html-path|man-path|info-path|list-cmds=.*))$/.test(word)) return [];
    else if (!word.startsWith("-")) {
      if (!Object.hasOwn(GIT, word)) return [];
      const operation = word as keyof typeof GIT;
      const args = argumentsOf(words, at + 1, WITH_MESSAGE.has(word) ? TEXT_OPTION : NO_TEXT_OPTION);
      return hasOption(args, HELP_OPTION) || GIT[operation](args) ? [] : [{ operation, directory }];
    }
  }
  return [];
}

function forgeOperation(words: readonly string[], from: number): GitOperation[] {
  const args = argumentsOf(words, from, FORGE_TEXT_OPTION);
  const key = `${args.names[0] === "mr" ? "pr" : args.names[0]} ${args.names[1]}`;
  // --web opens the browser instead.
  if (!Object.hasOwn(FORGE, key) || hasOption(args, HELP_OPTION) || hasOption(args, /^(--dry-run|--web|-w)$/))
    return [];
  return [{ operation: FORGE[key as keyof typeof FORGE], directory: null }];
}

const HELP_OPTION = /^(--help|-h)$/;
/** Options with free text in the next word, such as a message or a file. */
const TEXT_OPTION = /^(-[a-zA-Z]*[mF]|--(message|file|author|date|trailer))$/;
const FORGE_TEXT_OPTION =
  /^(-[RbtFBHalmnrpi]|--(repo|body|title|body-file|notes|notes-file|base|head|description|reviewer|label|assignee|subject))$/;
const NO_TEXT_OPTION = /^$/;
/** Subcommands for which -m and -F are such options. */
const WITH_MESSAGE = new Set(["commit", "tag", "merge", "stash", "revert"]);

function argumentsOf(words: readonly string[], from: number, text: RegExp): Arguments {
  const options: string[] = [];
  const names: string[] = [];
  for (let at = from; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") break;
    (word.startsWith("-") ? options : names).push(word);
    if (text.test(word)) at++;
  }
  return { options, names };
}
