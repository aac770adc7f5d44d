import { branchOfSession, readBranch } from "./line/branch.ts";
import { changedAt, hear, keepHeard } from "./line/heard.ts";
import { keepLine, staleLine } from "./line/last-line.ts";
import { columnsFor, knowsAll, lineOf, lookFor, segmentsByName } from "./line/line.ts";
import { type Input, readDocument } from "./line/stdin.ts";
import { stateTrouble } from "./line/trouble.ts";
import { viewOf } from "./line/view.ts";
import { type Session, sessionOf } from "./model/session.ts";
import { type LoggerState, MAX_STATE_BYTES, stateOf } from "./model/state.ts";
import { type LogFiles, logFiles } from "./monitoring/LogFiles.ts";
import { dueOf } from "./monitoring/Schedule.ts";
import { systemClock } from "./utils/clock.ts";
import { type Environment, environment, type SettingProblem, type Settings } from "./utils/config.ts";
import { messageOf } from "./utils/errors.ts";
import { loadMachine, logDirectory, type Places, placesOf } from "./utils/paths.ts";
import { readSmall, within } from "./utils/small-files.ts";
import { clean, isTerminal } from "./utils/terminal.ts";

/** One refresh: stdin -> line; then the logger's worker is started if something is due. Always exits 0, never prints nothing. */
async function refresh(): Promise<void> {
  const env = environment();
  const usual = placesOf(env);
  const here = workingDirectory();
  const distribution = env["WSL_DISTRO_NAME"] || null;
  const host = { isWindows: process.platform === "win32", distribution, drives: null };
  // Files first: what reads them needs the longest to wake up. The state mostly lies where install --log puts the log, so
  // that its file is read before the settings tell.
  const began = Bun.nanoseconds();
  let isHomeFast = false;
  const usualState = logFiles(`${usual.pets}/logs`, usual.scope).state;
  const [{ places, settings, problems }, early, branchHere, input] = await Promise.all([
    loadMachine(env).then((loaded) => {
      isHomeFast = Bun.nanoseconds() - began < FAST_MS * 1e6;
      return loaded;
    }),
    within(readSmall(usualState, MAX_STATE_BYTES)),
    readBranch(here, host),
    readInput(),
  ]);
  if (input === null) return console.log(HELP);
  const now = systemClock.now();
  const logging = settings.loggingEnabled && (problems.length === 0 || !problems.some(isOfLog));
  const files = logging ? logFiles(await logDirectory(settings, places), places.scope) : null;
  if ("problem" in input) return console.log((await withoutInput(input.problem, settings, files, env, now)).join("\n"));

  const told = sessionOf(input.document);
  const kept = files && told.id !== null ? files.heard(told.id) : null;
  const lineFile = files && told.id !== null ? files.line(told.id) : null;
  const [state, branch, heard, lineAt] = await Promise.all([
    files?.state === usualState
      ? stateOf(early)
      : files && within(readSmall(files.state, MAX_STATE_BYTES)).then(stateOf),
    branchOfSession(told, { directory: here, branch: branchHere }, host),
    hear(told, kept, now),
    lineFile === null ? null : within(changedAt(lineFile)),
  ]);
  const session = { ...told, heardAt: heard.at };
  const trouble = await troubleOf(settings, problems, files, state, now);
  const look = lookFor(settings, env);
  const view = viewOf({ now, session, state, branch, trouble, settings, look });
  const rows = lineOf(view, settings, columnsFor(env));
  console.log(rows.join("\n"));

  if (!files) return;
  // Nothing is written into a directory that nobody has looked at: whoever left a state did, and so did a tick that claimed.
  let isLookedAt = state !== null;
  if (isDue(settings, state, session, now)) {
    const ticked = await within(tick(settings, files, state, env, session, now), AFTER_MS);
    if (ticked === null) return isHomeFast ? behind(places, session, env, now) : undefined;
    isLookedAt ||= ticked;
  }
  if (lineFile === null || kept === null || !isLookedAt) return;
  // What could not be kept is one thing less to go by; the next refresh tries again.
  await within(Promise.all([keepLine(lineFile, rows, now, lineAt), keepHeard(kept, heard)]), AFTER_MS);
}

/** Whether the logger has anything to do. Never throws: a state that is none of ours must not break the line. */
function isDue(settings: Settings, state: LoggerState | null, session: Session, now: number): boolean {
  try {
    return dueOf(state, now, session, settings) !== null;
  } catch {
    return false;
  }
}

/** One tick of the logger; whether it claimed, or found that another process had. Never throws. */
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

const isOfLog = ({ group }: SettingProblem): boolean => group === "logging";

/** How long each step after the line was printed may keep this process, milliseconds: whoever reads the line may wait for its end. */
const AFTER_MS = 300;
/** Within this time, milliseconds, the settings are read from a home directory that answers. */
const FAST_MS = 40;
/** How long the line waits to be told what is wrong with a log that is missing or old, milliseconds. */
const EXAMINE_MS = 100;

/** Leaves the log directory to a worker. */
async function behind(places: Places, session: Session, env: Environment, now: number): Promise<void> {
  const { launchBehind } = await import("./monitoring/launch.ts");
  try {
    launchBehind(places, session, env, now);
  } catch {
    // Nothing may be written there either.
  }
}

/** What is printed where somebody types the command, and no program stands at the other end of stdin. */
const HELP = `pawprint statusline prints the line for the session that Claude Code describes on standard input.
To have it in Claude Code: pawprint install; to see it on sample sessions: pawprint preview; for all else: pawprint --help`;

/** Time in which Claude Code nearly always writes, ms: only after it is it looked whether stdin is a terminal. */
const SOON_MS = 50;

/** What is on stdin; null where that is a terminal. */
async function readInput(): Promise<Input | null> {
  const input = readDocument(Bun.stdin.stream());
  const early = await within(input, SOON_MS);
  if (early && "document" in early) return early;
  return isTerminal(0) ? null : (early ?? input);
}

/** The folder this runs in, "" when it is gone. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return "";
  }
}

async function withoutInput(
  problem: (Input & { problem: string })["problem"],
  settings: Settings,
  files: LogFiles | null,
  env: Environment,
  now: number,
): Promise<string[]> {
  const look = lookFor(settings, env);
  const session = env["CLAUDE_CODE_SESSION_ID"];
  const kept = files && session ? await within(staleLine(files.line(session), now, columnsFor(env), look)) : null;
  if (kept) return kept;
  const trouble = `${problem} from Claude Code`;
  const view = viewOf({ now, session: sessionOf(null), state: null, branch: null, trouble, settings, look });
  return lineOf(view, { ...settings, segments: ["pet", "logger"], rows: 1 }, columnsFor(env));
}

async function troubleOf(
  settings: Settings,
  problems: readonly SettingProblem[],
  files: LogFiles | null,
  state: LoggerState | null,
  now: number,
): Promise<string | null> {
  if (problems.length > 0 || !knowsAll(settings.segments)) {
    return (await import("./line/settings-trouble.ts")).troubleIn(settings, problems, segmentsByName);
  }
  if (!files) return null;
  const told = stateTrouble(state, now);
  if (told || Math.abs(now - (state?.usage?.at ?? 0)) < 3 * settings.usageInterval) return told;
  const { examine } = await import("./monitoring/examine.ts");
  const found = await within(
    examine(files, state, now).then((trouble) => ({ trouble })),
    EXAMINE_MS,
  );
  return found === null ? `log delayed: ${files.directory} does not answer` : found.trouble;
}

// No top-level await: bytecode is made of modules without it.
refresh()
  .catch((error: unknown) => console.log(`pawprint: ${clean(messageOf(error), 60)}`))
  .finally(() => process.exit(0));
