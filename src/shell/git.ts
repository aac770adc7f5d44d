import { commandsIn, type ShellCommand } from "./words.ts";

/** Something that git, or a program of a forge such as gh, was asked to change. */
export interface GitOperation {
  readonly operation: GitOperationName;
  /** Where -C says that it is done, as written; null when it is done where the command runs. */
  readonly directory: string | null;
}

/**
 * The git operations of a command as an assistant's shell tool ran it, in the order in which they run. Whether they
 * succeeded is not known from the text. Not listed: what only looks (status, log, `branch` without a name), dry runs,
 * --abort and --continue of what was counted when it began, and what another machine does (ssh).
 */
export function gitOperations(command: string): GitOperation[] {
  return operationsIn(command, 0);
}

interface Arguments {
  /** Options before `--`, without their values where these are texts that somebody wrote. */
  readonly options: readonly string[];
  /** All else before `--`. */
  readonly names: readonly string[];
}

const has = (args: Arguments, option: RegExp): boolean => args.options.some((one) => option.test(one));
const never = (): boolean => false;
const dry = (args: Arguments): boolean => has(args, /^--dry-run$/);
/** -n means --dry-run, also among other letters; -e and -o take what follows for their value. */
const dryByLetter = (args: Arguments): boolean =>
  dry(args) || args.options.some((one) => /^-[a-df-np-zA-Z]+$/.test(one) && one.includes("n"));
const goesOn = (args: Arguments): boolean =>
  has(args, /^--(abort|continue|quit|skip|edit-todo|show-current-patch(=.*)?|resolved)$/);
const isNot =
  (...verbs: string[]) =>
  (args: Arguments): boolean =>
    !verbs.includes(args.names[0] ?? "");

const LISTS =
  /^(-[lv]|-n\d*|--(list|verbose|verify|show-current|(no-)?(contains|merged)|points-at|sort|format|column)(=.*)?)$/;
const lists = (args: Arguments): boolean =>
  !has(args, /^(-r?[dD]r?|--(delete|unset-upstream|edit-description|set-upstream-to=.*))$/) &&
  (args.names.length === 0 || has(args, LISTS));

/** The subcommands of git that change something, each with what tells that this time it does not (git 2.51, git-<name>(1)). */
const GIT = {
  add: dryByLetter,
  am: goesOn,
  apply: (args) => has(args, /^--(check|stat|numstat|summary)$/),
  branch: lists,
  checkout: never,
  "cherry-pick": goesOn,
  clean: dryByLetter,
  clone: never,
  commit: (args) => has(args, /^--(dry-run|short|porcelain|long)$/),
  fetch: dry,
  init: never,
  merge: goesOn,
  mv: dryByLetter,
  pull: dry,
  push: dryByLetter,
  rebase: goesOn,
  remote: isNot("add", "remove", "rm", "rename", "set-url", "set-head", "set-branches", "prune", "update"),
  reset: never,
  restore: never,
  revert: goesOn,
  rm: dryByLetter,
  stash: (args) => ["list", "show"].includes(args.names[0] ?? ""),
  submodule: isNot("add", "update", "init", "deinit", "set-url", "set-branch", "sync", "absorbgitdirs"),
  switch: never,
  tag: lists,
  worktree: (args) => isNot("add", "remove", "move", "prune", "lock", "unlock", "repair")(args) || dryByLetter(args),
} as const satisfies Readonly<Record<string, (args: Arguments) => boolean>>;

/** What gh, glab (mr for pr) and hub change; a second verb for the same stands beside it. */
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

/** Name of an operation: a subcommand of git, or thing_verb of a forge. */
export type GitOperationName = keyof typeof GIT | (typeof FORGE)[keyof typeof FORGE];

/** Words before a command that leave it the command, with their options that take a value and how many words come first. */
const WRAPPERS: Readonly<Record<string, { readonly values?: string; readonly words?: number }>> = {
  ...Object.fromEntries(
    ["if", "then", "elif", "else", "while", "until", "do", "!", "{", "builtin", "nohup", "setsid", "noglob"].map(
      (word) => [word, {}],
    ),
  ),
  function: { words: 1 },
  time: { values: "fo" },
  command: {},
  exec: { values: "a" },
  env: { values: "uC" },
  sudo: { values: "ugpCDhrtTUR" },
  doas: { values: "uC" },
  nice: { values: "n" },
  ionice: { values: "cnp" },
  stdbuf: { values: "ioe" },
  timeout: { values: "sk", words: 1 },
  xargs: { values: "InPLdEsa" },
};
const SHELLS = new Set(["sh", "bash", "zsh", "dash", "ash", "ksh", "fish"]);
/** How deep `bash -c "bash -c ..."` is followed; each level reads its text once more. */
const DEEPEST = 3;

function operationsIn(text: string, depth: number): GitOperation[] {
  if (depth > DEEPEST || !/\b(?:git|gh|hub|glab)\b/.test(text)) return [];
  return commandsIn(text).flatMap((command) => operationsOf(command, depth));
}

function operationsOf({ words, input }: ShellCommand, depth: number): GitOperation[] {
  const at = programAt(words);
  const program = baseOf(words[at] ?? "");
  if (program === "git") return gitOperation(words, at + 1);
  if (program === "hub" && words[at + 1] === "pull-request") return [{ operation: "pr_create", directory: null }];
  if (program === "gh" || program === "glab" || program === "hub") {
    const asked = forgeOperation(words, at + 1);
    return asked.length === 0 && program === "hub" ? gitOperation(words, at + 1) : asked;
  }
  if (program === "eval") return operationsIn(words.slice(at + 1).join(" "), depth + 1);
  if (SHELLS.has(program)) return operationsIn(scriptOf(words, at + 1, input) ?? "", depth + 1);
  return [];
}

/** Where the program stands: after assignments, reserved words and programs that run another. */
function programAt(words: readonly string[]): number {
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? "";
    const base = baseOf(word);
    if (/^[A-Za-z_]\w*\+?=/.test(word)) at++;
    else if (Object.hasOwn(WRAPPERS, base)) {
      if (base === "command" && /^-[vV]$/.test(words[at + 1] ?? "")) return words.length;
      const { values = "", words: before = 0 } = WRAPPERS[base] ?? {};
      at = afterOptions(words, at + 1, values) + before;
    } else break;
  }
  return at;
}

/** Where options end; a letter of `values` takes the next word where it is the last of its word. */
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

/** The last part of a program's path: /usr/bin/git and git.exe are git. */
const baseOf = (word: string): string =>
  word.slice(Math.max(word.lastIndexOf("/"), word.lastIndexOf("\\")) + 1).replace(/\.exe$/i, "");

/** What `sh -c` runs, or what a shell without arguments reads. */
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
      const args = argumentsOf(words, at + 1, TELLS.has(word) ? TEXT : NO_TEXT);
      return has(args, HELP) || GIT[operation](args) ? [] : [{ operation, directory }];
    }
  }
  return [];
}

function forgeOperation(words: readonly string[], from: number): GitOperation[] {
  const args = argumentsOf(words, from, FORGE_TEXT);
  const key = `${args.names[0] === "mr" ? "pr" : args.names[0]} ${args.names[1]}`;
  // --web leaves it to the browser.
  if (!Object.hasOwn(FORGE, key) || has(args, HELP) || has(args, /^(--dry-run|--web|-w)$/)) return [];
  return [{ operation: FORGE[key as keyof typeof FORGE], directory: null }];
}

const HELP = /^(--help|-h)$/;
/** Options whose value is the next word: a message or a file, which may look like anything. */
const TEXT = /^(-[a-zA-Z]*[mF]|--(message|file|author|date|trailer))$/;
const FORGE_TEXT =
  /^(-[RbtFBHalmnrpi]|--(repo|body|title|body-file|notes|notes-file|base|head|description|reviewer|label|assignee|subject))$/;
const NO_TEXT = /^$/;
/** The subcommands for which -m and -F are such options. */
const TELLS = new Set(["commit", "tag", "merge", "stash", "revert"]);

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
