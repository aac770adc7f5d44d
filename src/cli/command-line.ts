import { systemClock } from "../utils/clock.ts";
import { type Environment, environment, readSettings } from "../utils/config.ts";
import { errnoOf, failures, messageOf, PawprintError } from "../utils/errors.ts";
import { ledgerPath, loadMachine, placesOf } from "../utils/paths.ts";
import { lookUp, unknownName } from "../utils/registry.ts";
import { clean, columnsOf, isTerminal, printable, printLine } from "../utils/terminal.ts";
import { type Command, commandNamed, type Context, flagsOf } from "../commands/contract.ts";
import { dayNames, isPeriod } from "../model/range.ts";
import { reports } from "../reports/registry.ts";
import { reportCommand } from "./report-command.ts";
import { hasLastingBun } from "../install/command.ts";
import { version } from "../../package.json";

/** Runs one command line and returns the exit status. Prints errors to stderr with their hint. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    const [name = "", ...rest] = args;
    if (name === "--version" || name === "-v") return printText(version);
    if (isHelp(name)) return await run(["help", ...rest]);
    if (name === "" || name.startsWith("-")) return await run(["overview", ...args]);
    // Names of reports first: the patterns of periods take longer than all else here.
    if (!lookUp(reports, name) && isPeriod(name)) return await run(["daily", ...args]);
    if (rest.some(isHelp)) return await run(["help", name]);
    const command = await commandOf(name);
    return await command.run(await contextOf(command, rest));
  } catch (thrown) {
    const error = thrown instanceof PawprintError ? thrown : await explain(thrown);
    const known = error instanceof PawprintError;
    // The reader, such as head, closed the pipe: there is nothing to report.
    if (known && error.code === "output_closed") return failures.output_closed.exit;
    console.error(`pawprint: ${printable(messageOf(error))}`);
    if (known) console.error(`  ${printable(error.hint)}`);
    else if (error instanceof Error && error.stack) console.error(printable(error.stack));
    return failures[known ? error.code : "internal"].exit;
  }
}

const isHelp = (arg: string): boolean => arg === "--help" || arg === "-h";

/** The command with a name. Reports are looked up first, so that they run without loading the other commands. Throws bad_usage. */
async function commandOf(name: string): Promise<Command> {
  const report = lookUp(reports, name);
  return report ? reportCommand(report) : commandNamed(await allCommands(), name, dayNames);
}

/** Errors of the system that depend on the state of a file or disk, not on what we ask. */
const REFUSALS = new Set(["EACCES", "EPERM", "EROFS", "ELOOP", "ENOTDIR", "ENAMETOOLONG", "EIO"]);
const FULL = new Set(["ENOSPC", "EDQUOT"]);

/** Returns an error with a sentence if a file that cannot be used or a damaged ledger caused it, otherwise the error itself. */
async function explain(error: unknown): Promise<unknown> {
  // The error of a write to an open file has no path.
  if (error instanceof Error && "syscall" in error && FULL.has(errnoOf(error) ?? ""))
    return new PawprintError("disk_full", "the disk is full", "free some space and try again", error);
  if (error instanceof Error && "syscall" in error && "path" in error && REFUSALS.has(errnoOf(error) ?? "")) {
    const what = `${clean(String(error.path), 500)} cannot be used (${errnoOf(error)})`;
    return new PawprintError("file_refused", what, "check the permissions of it and of its parent directories", error);
  }
  const { places, settings } = await loadMachine(environment());
  const { explainLedgerError: explained } = await import("../ledger/sqlite/database.ts");
  return explained(ledgerPath(settings, places), error);
}

/** All commands, reports last. */
async function allCommands(): Promise<readonly Command[]> {
  const { commands } = await import("../commands/registry.ts");
  return [...commands, ...reports.map(reportCommand)];
}

function printText(text: string): number {
  printLine(text);
  return 0;
}

async function contextOf(command: Command, args: readonly string[]): Promise<Context> {
  const env = environment();
  const { places, settings, problems } = command.ignoresFiles ? machineWithoutFiles(env) : await loadMachine(env);
  const isWatched = isTerminal(1);
  const { args: positionals, options } = parse(command, args);
  const hasColour = options["no-color"] ? false : options["color"] === true || (isWatched && !env["NO_COLOR"]);
  const allowed = { colour: hasColour, links: settings.links };
  return {
    args: positionals,
    options,
    env,
    places,
    settings,
    problems,
    clock: systemClock,
    entryFile: Bun.main,
    // A getter, because only installing needs it.
    get bunLasts() {
      return hasLastingBun(env);
    },
    commands: allCommands,
    terminal: {
      colour: allowed.colour,
      columns: (isWatched && columnsOf(1)) || Number(env["COLUMNS"]) || 100,
    },
    ...(isWatched && isTerminal(0) && { ask }),
    // All output passes through here, where control sequences in foreign text are made harmless.
    print: (line) => printLine(printable(line, allowed)),
    warn: (line) => console.error(printable(line)),
  };
}

/** The places and settings of the environment alone, also where HOME cannot be used: help and the demo work there too. */
function machineWithoutFiles(env: Environment): Pick<Context, "places" | "settings" | "problems"> {
  let places: Context["places"];
  try {
    places = placesOf(env);
  } catch {
    places = placesOf({ ...env, HOME: "/" });
  }
  return { places, ...readSettings([env]) };
}

/** Prints a question and returns the next line of standard input; "" at its end. */
async function ask(question: string): Promise<string> {
  printLine(question);
  // `for await (const line of console)` ends standard input with the loop, so it could be asked only once.
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: process.stdin });
  const { promise, resolve } = Promise.withResolvers<string>();
  lines.once("line", resolve).once("close", () => resolve(""));
  const line = await promise;
  lines.close();
  return line;
}

/** Splits arguments into positional arguments and options, written --name=value or --name value. Throws bad_usage. */
export function parse(command: Command, args: readonly string[]): Pick<Context, "args" | "options"> {
  const positionals: string[] = [];
  const options: Record<string, string | true> = {};
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    // A dash alone stands for standard output.
    if (!arg.startsWith("-") || arg === "-") {
      positionals.push(arg);
      continue;
    }
    const [given = "", inline] = arg.split(/=(.*)/s);
    const option = command.options?.find((one) => flagsOf(one).includes(given));
    const refused = option ? undefined : command.refused?.find((one) => flagsOf(one).includes(given));
    if (refused) throw new PawprintError("bad_usage", `${command.name} takes no ${clean(given)}`, refused.hint);
    if (!option)
      throw unknownName(`option of ${command.name}`, given, (command.options ?? []).flatMap(flagsOf), hint(command));
    if (option.value === undefined && inline !== undefined) {
      throw new PawprintError("bad_usage", `--${option.name} takes no value`, hint(command));
    }
    const value = option.value === undefined ? true : (inline ?? rest.shift());
    if (value === undefined) {
      throw new PawprintError("bad_usage", `--${option.name} needs a value: ${option.value}`, hint(command));
    }
    options[option.name] = value;
  }
  if (positionals.length > 0 && !command.args) {
    throw new PawprintError(
      "bad_usage",
      `${command.name} takes no arguments: ${clean(positionals.join(" "))}`,
      hint(command),
    );
  }
  return { args: positionals, options };
}

const hint = (command: Command): string => `see: pawprint ${command.name} --help`;
