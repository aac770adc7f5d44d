import { systemClock } from "./utils/clock.ts";
import { environment } from "./utils/config.ts";
import { errnoOf, failures, messageOf, PawprintError } from "./utils/errors.ts";
import { ledgerPath, loadMachine } from "./utils/paths.ts";
import { clean, columns, isTerminal, printable, printLine } from "./utils/terminal.ts";
import type { Command, Context } from "./commands/contract.ts";
import { reports } from "./reports/all.ts";
import { commandOf } from "./report-command.ts";
import { isTemporary } from "./setup/command.ts";
import { version } from "../package.json";

/** Runs one command line and returns the exit status: the place where errors become sentences. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    const [name, ...rest] = args;
    if (name === "--version" || name === "-v") return say(version);
    if (name === undefined) return await run(["overview"]);
    if (name === "--help" || name === "-h" || name === "help") return say(overview(await allCommands()));
    // Reports are looked for first: they answer before the other commands would be loaded.
    const report = reports.find((one) => one.name === name);
    const command = report ? commandOf(report) : (await allCommands()).find((one) => one.name === name);
    if (!command) throw new PawprintError("bad_usage", `there is no command "${clean(name)}"`, "see: pawprint --help");
    if (rest.includes("--help") || rest.includes("-h")) return say(helpOf(command));
    return await command.run(await contextOf(command, rest));
  } catch (thrown) {
    const error = thrown instanceof PawprintError ? thrown : await explainedBy(thrown);
    const known = error instanceof PawprintError;
    // Whoever closed the pipe, as head does, has read enough.
    if (known && error.code === "output_closed") return failures.output_closed.exit;
    console.error(`pawprint: ${printable(messageOf(error))}`);
    if (known) console.error(`  ${printable(error.hint)}`);
    else if (error instanceof Error && error.stack) console.error(printable(error.stack));
    return failures[known ? error.code : "internal"].exit;
  }
}

/** What the system refuses because of how a file or a disk is, and not because of what we ask. */
const REFUSALS = new Set(["EACCES", "EPERM", "EROFS", "ELOOP", "ENOTDIR", "ENAMETOOLONG", "EIO"]);
const FULL = new Set(["ENOSPC", "EDQUOT"]);

/** A fault as what it may be no fault of ours but one of: a file that is kept from us, a damaged ledger. */
async function explainedBy(error: unknown): Promise<unknown> {
  // A write to a file that is open tells no path.
  if (error instanceof Error && "syscall" in error && FULL.has(errnoOf(error) ?? ""))
    return new PawprintError("disk_full", "the disk is full", "make room and try again", error);
  if (error instanceof Error && "syscall" in error && "path" in error && REFUSALS.has(errnoOf(error) ?? "")) {
    const what = `${clean(String(error.path), 500)} cannot be used (${errnoOf(error)})`;
    return new PawprintError("file_refused", what, "make it and the directories above it usable for you", error);
  }
  const { places, settings } = await loadMachine(environment());
  const { explained } = await import("./ledger/database.ts");
  return explained(ledgerPath(settings, places), error);
}

/** All that can be asked for, reports last. */
async function allCommands(): Promise<readonly Command[]> {
  const { commands } = await import("./commands/all.ts");
  return [...commands, ...reports.map(commandOf)];
}

function say(text: string): number {
  printLine(text);
  return 0;
}

async function contextOf(command: Command, args: readonly string[]): Promise<Context> {
  const env = environment();
  const { places, settings, problems } = await loadMachine(env);
  // Looking at process.stdout loads the streams, which takes longer than most answers.
  const isWatched = isTerminal(1);
  const allowed = { colour: isWatched && !env["NO_COLOR"], links: settings.links };
  return {
    ...parse(command, args),
    env,
    places,
    settings,
    problems,
    clock: systemClock,
    door: Bun.main,
    // Only installing asks for it.
    get bunLasts() {
      return !isTemporary(process.execPath, env);
    },
    commands: allCommands,
    terminal: {
      colour: allowed.colour,
      columns: (isWatched ? process.stdout.columns : 0) || Number(env["COLUMNS"]) || 100,
    },
    // Here all text becomes output, so that nothing from outside reaches a terminal as a command to it.
    print: (line) => printLine(printable(line, allowed)),
    warn: (line) => console.error(printable(line)),
  };
}

/** Splits arguments into words and options; --name=value and --name value alike. Throws bad_usage. */
export function parse(command: Command, args: readonly string[]): Pick<Context, "words" | "options"> {
  const words: string[] = [];
  const options: Record<string, string | true> = {};
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (!arg.startsWith("-")) {
      words.push(arg);
      continue;
    }
    const [given = "", inline] = arg.split(/=(.*)/s);
    const option = command.options?.find(
      ({ name }) => given === `--${name}` || (name.length === 1 && given === `-${name}`),
    );
    if (!option) throw new PawprintError("bad_usage", `${command.name} knows no option ${clean(given)}`, hint(command));
    if (option.value === undefined && inline !== undefined) {
      throw new PawprintError("bad_usage", `--${option.name} takes no value`, hint(command));
    }
    const value = option.value === undefined ? true : (inline ?? rest.shift());
    if (value === undefined) {
      throw new PawprintError("bad_usage", `--${option.name} needs a value: ${option.value}`, hint(command));
    }
    options[option.name] = value;
  }
  if (words.length > 0 && !command.words) {
    throw new PawprintError("bad_usage", `${command.name} takes no words: ${clean(words.join(" "))}`, hint(command));
  }
  return { words, options };
}

const hint = (command: Command): string => `see: pawprint ${command.name} --help`;

function overview(commands: readonly Command[]): string {
  const rows = (areReports: boolean): string[][] =>
    commands
      .filter(({ internal, isReport = false }) => !internal && isReport === areReports)
      .map(({ name, words, meaning }) => [`  ${name} ${words ?? ""}`.trimEnd(), meaning]);
  return [
    `pawprint ${version}: the Claude Code statusline with a pet in it that keeps the logbook`,
    "usage: pawprint <command> [options]; without a command: pawprint overview",
    columns(rows(false)),
    `reports, over --last 7d or --since and --until, as a table, --json or --csv:\n${columns(rows(true))}`,
    "  pawprint <command> --help tells the options of one, pawprint --version the version",
  ].join("\n\n");
}

function helpOf(command: Command): string {
  const options = (command.options ?? []).map(({ name, value, meaning }) => [
    `  ${name.length === 1 ? "-" : "--"}${name}${value ? ` <${value}>` : ""}`,
    meaning,
  ]);
  const usage = `usage: pawprint ${command.name}${command.words ? ` ${command.words}` : ""}${options.length > 0 ? " [options]" : ""}`;
  return [usage, "", command.meaning, ...(options.length > 0 ? ["", columns(options)] : [])].join("\n");
}
