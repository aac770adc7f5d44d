import { branchOfSession, readBranch } from "./line/branch.ts";
import { changedAt, readLastResponse, saveLastResponse } from "./line/last-response.ts";
import { saveLine, readStaleLine } from "./line/last-line.ts";
import { columnsFor, areAllKnown, lineOf, styleFor, segmentsByName } from "./line/line.ts";
import { type Input, readDocument } from "./line/stdin.ts";
import { stateProblem } from "./line/state-problem.ts";
import { viewOf } from "./line/view.ts";
import { type Session, sessionOf } from "./model/session.ts";
import { type LoggerState, MAX_STATE_BYTES, stateOf } from "./model/state.ts";
import { type LogFiles, logFiles } from "./monitoring/LogFiles.ts";
import { dueOf } from "./monitoring/Schedule.ts";
import { systemClock } from "./utils/clock.ts";
import { type Environment, environment, type SettingProblem, type Settings } from "./utils/config.ts";
import { messageOf } from "./utils/errors.ts";
import { loadMachine, logDirectory, type Places, placesOf } from "./utils/paths.ts";
import { readSmall, withTimeout } from "./utils/small-files.ts";
import { clean, isTerminal } from "./utils/terminal.ts";

/** One refresh: reads stdin, prints the line, then starts the logger's worker if something is due. Always prints something and exits 0. */
async function refresh(): Promise<void> {
  const env = environment();
  const defaultPlaces = placesOf(env);
  const directory = workingDirectory();
  const distribution = env["WSL_DISTRO_NAME"] || null;
  const host = { isWindows: process.platform === "win32", distribution, drives: null };
  // Start file reads first: they take the longest to begin. The state is usually in the default log directory, so that file is
  // read before the settings are known.
  const began = Bun.nanoseconds();
  let isHomeFast = false;
  const defaultState = logFiles(`${defaultPlaces.pets}/logs`, defaultPlaces.scope).state;
  const [{ places, settings, problems }, early, branchHere, input] = await Promise.all([
    loadMachine(env).then((loaded) => {
      isHomeFast = Bun.nanoseconds() - began < FAST_HOME_MS * 1e6;
      return loaded;
    }),
    withTimeout(readSmall(defaultState, MAX_STATE_BYTES)),
    readBranch(directory, host),
    readInput(),
  ]);
  if (input === null) return console.log(HELP);
  const now = systemClock.now();
  const logging = settings.loggingEnabled && (problems.length === 0 || !problems.some(isLoggingProblem));
  const files = logging ? logFiles(await logDirectory(settings, places), places.scope) : null;
  if ("problem" in input)
    return console.log((await rowsWithoutInput(input.problem, settings, files, env, now)).join("\n"));

  const parsed = sessionOf(input.document);
  const responseFile = files && parsed.id !== null ? files.heard(parsed.id) : null;
  const lineFile = files && parsed.id !== null ? files.line(parsed.id) : null;
  const [state, branch, lastResponse, lineAt] = await Promise.all([
    files?.state === defaultState
      ? stateOf(early)
      : files && withTimeout(readSmall(files.state, MAX_STATE_BYTES)).then(stateOf),
    branchOfSession(parsed, { directory, branch: branchHere }, host),
    readLastResponse(parsed, responseFile, now),
    lineFile === null ? null : withTimeout(changedAt(lineFile)),
  ]);
  const session = { ...parsed, heardAt: lastResponse.at };
  const problem = await problemOf(settings, problems, files, state, now);
  const style = styleFor(settings, env);
  const view = viewOf({ now, session, state, branch, problem, settings, style });
  const rows = lineOf(view, settings, columnsFor(env));
  console.log(rows.join("\n"));

  if (!files) return;
  // Only write into a directory that was checked: by the worker that left a state, or by a tick that claimed.
  let isDirectoryChecked = state !== null;
  if (isDue(settings, state, session, now)) {
    const ticked = await withTimeout(tick(settings, files, state, env, session, now), AFTER_PRINT_MS);
    if (ticked === null) return isHomeFast ? launchWithoutDirectory(places, session, env, now) : undefined;
    isDirectoryChecked ||= ticked;
  }
  if (lineFile === null || responseFile === null || !isDirectoryChecked) return;
  // A failed save is not an error; the next refresh tries again.
  await withTimeout(
    Promise.all([saveLine(lineFile, rows, now, lineAt), saveLastResponse(responseFile, lastResponse)]),
    AFTER_PRINT_MS,
  );
}

/** Whether a record is due. Never throws: a foreign state file must not break the line. */
function isDue(settings: Settings, state: LoggerState | null, session: Session, now: number): boolean {
  try {
    return dueOf(state, now, session, settings) !== null;
  } catch {
    return false;
  }
}

/** Runs one tick of the logger; returns whether this or another process claimed the interval. Never throws. */
async function tick(
  settings: Settings,
  files: LogFiles,
  state: LoggerState | null,
  env: Environment,
  session: Session,
  now: number,
): Promise<boolean> {
  try {
    const { lineLogger, hasClaimed } = await import("./monitoring/launch.ts");
    return hasClaimed(await lineLogger(settings, files, state, env).tick(now, session));
  } catch {
    return false;
  }
}

const isLoggingProblem = ({ group }: SettingProblem): boolean => group === "logging";

/** Timeout of each step after printing, milliseconds: the reader of the line may wait for this process to exit. */
const AFTER_PRINT_MS = 300;
/** A home directory counts as responsive if the settings are read within this time, milliseconds. */
const FAST_HOME_MS = 40;
/** Timeout for finding the problem of a log that is missing or old, milliseconds. */
const FIND_PROBLEM_MS = 100;

/** Starts a worker for a log directory that did not respond in time. */
async function launchWithoutDirectory(places: Places, session: Session, env: Environment, now: number): Promise<void> {
  const { launchForSlowDirectory } = await import("./monitoring/launch.ts");
  try {
    launchForSlowDirectory(places, session, env, now);
  } catch {
    // The home directory may not be writable either.
  }
}

/** Printed when a user runs the command in a terminal, without input on stdin. */
const HELP = `pawprint statusline prints the line for the session that Claude Code describes on standard input.
To install it in Claude Code: pawprint install. To see it with sample sessions: pawprint preview. All commands: pawprint --help`;

/** Claude Code nearly always writes within this time, ms; only afterwards stdin is checked for being a terminal. */
const STDIN_GRACE_MS = 50;

/** Returns the input on stdin; null when stdin is a terminal. */
async function readInput(): Promise<Input | null> {
  const input = readDocument(Bun.stdin.stream());
  const early = await withTimeout(input, STDIN_GRACE_MS);
  if (early && "document" in early) return early;
  return isTerminal(0) ? null : (early ?? input);
}

/** Returns the working directory, or "" if it was deleted. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return "";
  }
}

async function rowsWithoutInput(
  reason: (Input & { problem: string })["problem"],
  settings: Settings,
  files: LogFiles | null,
  env: Environment,
  now: number,
): Promise<string[]> {
  const style = styleFor(settings, env);
  const session = env["CLAUDE_CODE_SESSION_ID"];
  const staleRows =
    files && session ? await withTimeout(readStaleLine(files.line(session), now, columnsFor(env), style)) : null;
  if (staleRows) return staleRows;
  const view = viewOf({
    now,
    session: sessionOf(null),
    state: null,
    branch: null,
    problem: `${reason} from Claude Code`,
    settings,
    style,
  });
  return lineOf(view, { ...settings, segments: ["pet", "logger"], rows: 1 }, columnsFor(env));
}

async function problemOf(
  settings: Settings,
  problems: readonly SettingProblem[],
  files: LogFiles | null,
  state: LoggerState | null,
  now: number,
): Promise<string | null> {
  if (problems.length > 0 || !areAllKnown(settings.segments)) {
    return (await import("./line/settings-problem.ts")).settingsProblem(settings, problems, segmentsByName);
  }
  if (!files) return null;
  const reported = stateProblem(state, now);
  if (reported || Math.abs(now - (state?.usage?.at ?? 0)) < 3 * settings.usageInterval) return reported;
  const { findLogProblem } = await import("./monitoring/find-log-problem.ts");
  const found = await withTimeout(
    findLogProblem(files, state, now).then((problem) => ({ problem })),
    FIND_PROBLEM_MS,
  );
  return found === null ? `log delayed: ${files.directory} does not answer` : found.problem;
}

// No top-level await: Bun compiles bytecode only for modules without it.
refresh()
  .catch((error: unknown) => console.log(`pawprint: ${clean(messageOf(error), 60)}`))
  .finally(() => process.exit(0));
