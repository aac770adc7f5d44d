import { lstatSync, statSync } from "node:fs";
import { segmentsByName } from "../../line/line.ts";
import { explainProblem, unknownSegments } from "../../line/settings-problem.ts";
import { isDeferred, type LoggerState, PAUSE_MS, stateOf } from "../../model/state.ts";
import { areWorkersFailing, pauseOf, prepareDirectory, probe } from "../../monitoring/Claims.ts";
import { CommandExecutor } from "../../monitoring/CommandExecutor.ts";
import { findProgram } from "../../claude/program.ts";
import { type LogFiles, logFiles } from "../../monitoring/LogFiles.ts";
import { mayAsk } from "../../monitoring/Schedule.ts";
import { errnoOf, messageOf, PawprintError } from "../../utils/errors.ts";
import { freeBytes, readOwn, readPlain } from "../../utils/files.ts";
import { tryLock } from "../../utils/lock.ts";
import { refuseForeign } from "../../utils/ownership.ts";
import { logDirectory } from "../../utils/paths.ts";
import { clean, duration } from "../../utils/terminal.ts";
import { broken, type Check, codeText, errorText, note, ok, ours, says, versionText } from "./check.ts";
import { installedCopyChecks } from "./installed-copy.ts";
import { lineChecks } from "./line-checks.ts";
import type { Machine } from "../../install/machine.ts";

const MB = 1_048_576;

/** Checks everything that can be wrong with the line in `folder` and with the log, one check after the other. */
export async function checkAll(machine: Machine, folder: string): Promise<Check[]> {
  const { settings, places } = machine;
  const checks = [
    ...settingsChecks(machine),
    ...(await lineChecks(machine, folder)),
    ...installedCopyChecks(machine),
    await programCheck(machine),
  ];
  if (!settings.loggingEnabled) {
    return [...checks, note("logging", says`is off`, "to turn it on, run: pawprint install --log")];
  }
  if (machine.problems.some(({ group }) => group === "logging")) return checks;
  const files = logFiles(await logDirectory(settings, places), places.scope);
  const directory = await directoryCheck(files);
  checks.push(directory);
  return directory.state === "broken" ? checks : [...checks, ...(await logChecks(files, machine))];
}

/** Checks that the settings can be read and are valid. */
export function settingsChecks({ problems, settings, places }: Machine): Check[] {
  const path = `${places.pets}/.env`;
  try {
    readPlain(path);
  } catch (error) {
    const message = says`${path} cannot be read: ${errnoOf(error) ?? messageOf(error)}`;
    return [broken("settings", message, "replace it with a file that you can read")];
  }
  const all = [...problems, ...unknownSegments(settings, segmentsByName)].map(explainProblem);
  if (all.length === 0) return [ok("settings", says`every PET_ setting is valid`)];
  return all.map(({ message, effect, hint }) =>
    broken("settings", says`${clean(message, 300)}; ${ours(effect)}`, clean(hint, 400)),
  );
}

async function programCheck({ settings, env, places, clock }: Machine): Promise<Check> {
  const program = findProgram(settings, env, places);
  if (program === null) {
    return broken("claude", says`was not found`, "install Claude Code, or set PET_CLAUDE_COMMAND to its path");
  }
  const version = await new CommandExecutor({ program, directory: places.home, env, clock }).version();
  if (version === null) return broken("claude", says`${program} does not print its version`, "reinstall Claude Code");
  return ok("claude", says`${versionText(clean(version, 60))} at ${program}`);
}

/** Whether the log directory and what every worker needs in it can be used. */
export async function directoryCheck(files: LogFiles): Promise<Check> {
  try {
    await prepareDirectory(files);
    await probe(files);
    tryLock(files.lock)?.release();
    const messages = lstatSync(files.messages, { throwIfNoEntry: false });
    if (messages) refuseForeign(files.messages, messages);
    return (
      sharedCheck(files.directory) ?? ok("directory", says`${files.directory} is writable, and only you can access it`)
    );
  } catch (error) {
    if (error instanceof PawprintError) return broken("directory", errorText(error), error.hint);
    return broken("directory", says`${files.lock}: ${messageOf(error)}`, `move ${files.lock} away`);
  }
}

/** Returns a check about a log directory that other users may enter, or null if only this user can. Its files are always private. */
function sharedCheck(directory: string): Check | null {
  const { mode } = statSync(directory);
  const isSticky = (mode & 0o1000) !== 0;
  if (mode & 0o022 && !isSticky)
    return note(
      "directory",
      says`other users can remove or replace files in ${directory}`,
      `run: chmod go-w '${directory}', or choose another PET_LOG_DIR`,
    );
  return mode & 0o077 ? ok("directory", says`${directory} is writable, and only you can read the log in it`) : null;
}

async function logChecks(files: LogFiles, machine: Machine): Promise<Check[]> {
  const now = machine.clock.now();
  const state = stateOf(readOwn(files.state));
  return [
    diskCheck(files),
    await captureCheck(state, files, machine, now),
    ...askingCheck(state, now),
    ...findingChecks(state),
  ];
}

function diskCheck(files: LogFiles): Check {
  const free = Math.floor(freeBytes(files.directory) / MB);
  if (free < 20)
    return broken(
      "disk",
      says`${free} MB are free; logging stops below 20 MB`,
      "free some space; logging resumes by itself",
    );
  return free < 100
    ? note("disk", says`only ${free} MB are free`, "logging stops below 20 MB")
    : ok("disk", says`${free} MB are free`);
}

async function captureCheck(
  state: LoggerState | null,
  files: LogFiles,
  { settings }: Machine,
  now: number,
): Promise<Check> {
  const failure = state?.failure;
  if (failure && isDeferred(failure.retryAt, now, PAUSE_MS)) {
    const retry = `next attempt in ${duration(failure.retryAt - now)}; details in ${files.messages}`;
    return broken("log", says`stopped: ${codeText(failure.message, failure.code)}`, retry);
  }
  if (await areWorkersFailing(files, state?.usage?.at ?? 0, now)) {
    const output = readOwn(files.errors, 2_000)?.trim().split("\n").slice(0, 5).join(" ") ?? "";
    return broken("log", says`stopped: its worker does not start: ${clean(output, 300)}`, "run: pawprint install");
  }
  const pause = await pauseOf(files, now);
  if (pause)
    return broken(
      "log",
      says`stopped: ${codeText(pause.code)}`,
      `next attempt in ${duration(pause.since + PAUSE_MS - now)}`,
    );
  if (!state?.usage)
    return note("log", says`has no record of this account yet`, "open a session, or run: pawprint capture");
  const age = `the last usage record is ${duration(now - state.usage.at)} old`;
  const cost = state.asked ? `, the capture took ${(state.asked.wallMs / 1_000).toFixed(1)} s` : "";
  if (state.notice !== null)
    return note("log", says`${ours(age + cost)}; ${state.notice}`, `details are in ${files.messages}`);
  if (now - state.usage.at <= 3 * settings.usageInterval) return ok("log", ours(age + cost));
  return note("log", ours(age + cost), "records are written while a session is open, or by: pawprint watch");
}

function askingCheck(state: LoggerState | null, now: number): Check[] {
  if (!state?.backOff) return [];
  const { failures, nextAt, reason } = state.backOff;
  const next = mayAsk(state, now) ? "at the next record" : `in ${duration(nextAt - now)}`;
  const times = failures === 1 ? "once" : `${failures} times in a row`;
  const message = says`Claude Code returned no limits ${ours(times)} (${reason}); next request ${ours(next)}`;
  return [note("back-off", message, "records continue with the data that the statusline receives")];
}

function findingChecks(state: LoggerState | null): Check[] {
  return (state?.findings ?? []).map(({ type, severity, message, fix }) => {
    const remedy = fix ?? "run: claude doctor";
    return severity === "info"
      ? note(`claude: ${type}`, says`${message}`)
      : note(`claude: ${type}`, says`${message}`, remedy);
  });
}
