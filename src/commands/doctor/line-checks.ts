import { dirname } from "node:path";
import { sampleDocument } from "../../line/sample.ts";
import { runCommand } from "../../claude/run-command.ts";
import { readPlain } from "../../utils/files.ts";
import { fields, parse } from "../../utils/json.ts";
import type { Places } from "../../utils/paths.ts";
import { clean } from "../../utils/terminal.ts";
import { broken, type Check, note, ok, ours, says, type Sentence } from "./check.ts";
import {
  isTruthy,
  managedFolder,
  settingsInEffect,
  type SettingsOfScope,
  effectiveLineOf,
} from "../../install/claude-settings.ts";
import { isOurCommand } from "../../install/command.ts";
import type { Machine } from "../../install/machine.ts";

/** Timeout of the configured command, ms. Claude Code waits far longer, but a user would not. */
const LINE_TIMEOUT_MS = 3_000;
/** Maximum bytes of its output. */
const MAX_BYTES = 1_048_576;
const INSTALL = "run: pawprint install";
const MANAGED = "these are managed settings: ask whoever administers this machine";

/**
 * Checks whether Claude Code shows the line in a folder: reads the settings in effect there as Claude Code does, and runs
 * the user's own command. A command from a project's settings is reported but never run.
 */
export async function lineChecks(
  machine: Machine,
  directory: string,
  managed: string = managedFolder(),
): Promise<Check[]> {
  const { places, env } = machine;
  const settings = settingsInEffect(places, directory, managed);
  const { shown, blocked } = effectiveLineOf(settings);
  const checks: Check[] = [];
  if (isTruthy(env["CLAUDE_CODE_SAFE_MODE"])) {
    const message = says`CLAUDE_CODE_SAFE_MODE is set, so Claude Code shows no statusline`;
    checks.push(broken("line", message, "unset it where Claude Code is started"));
  }
  if (blocked) {
    const { path, reason } = blocked;
    const isManaged = settings.some((one) => one.path === path && one.scope === "managed");
    const remedy = isManaged ? MANAGED : "remove it from that file";
    checks.push(
      broken("line", says`Claude Code does not show your statusline here: ${clean(path, 400)}: ${reason}`, remedy),
    );
  }
  for (const one of settings) if (one.refusal !== null && one.scope !== "managed") checks.push(refusedCheck(one));
  const foreign = settings.findLast(({ scope, command }) => scope !== "user" && command !== null);
  if (foreign) {
    const effect = foreign === shown ? "replaces" : "would replace";
    const what = says`your statusLine with another one: ${clean(foreign.command ?? "")}`;
    const remedy = foreign.scope === "managed" ? MANAGED : "this applies to this folder only";
    checks.push(note("line", says`${clean(foreign.path, 400)} ${ours(effect)} ${what}`, remedy));
  }
  const isShown = blocked === null && shown?.scope === "user" && !isTruthy(env["CLAUDE_CODE_SAFE_MODE"]);
  const own = settings.find(({ scope }) => scope === "user");
  checks.push(...(await commandChecks(machine, own, directory, isShown ? "line" : "command")));
  if (isShown && !isTrusted(places, directory)) {
    const message = says`Claude Code asks whether you trust ${clean(directory, 400)} before it shows a statusline there`;
    checks.push(note("trust", message));
  }
  return checks;
}

function refusedCheck({ path, scope, refusal }: SettingsOfScope): Check {
  const message = says`Claude Code skips all of ${clean(path, 400)} (${refusal ?? ""})`;
  const remedy = "correct that file; see: claude doctor";
  if (scope === "user") return broken("line", says`${message}, so it does not show your statusline`, remedy);
  return note("line", says`${message} and asks about it at each start`, remedy);
}

/** Runs the user's own command as Claude Code does: with sh, in that folder, and with stdin held open. */
async function commandChecks(
  { places, env, clock }: Machine,
  own: SettingsOfScope | undefined,
  directory: string,
  name: "line" | "command",
): Promise<Check[]> {
  const path = `${places.config}/settings.json`;
  if (!own) return [note("line", says`there is no ${path}`, INSTALL)];
  if (own.refusal !== null) return [];
  const { command } = own;
  if (command === null) return [note("line", says`no statusLine is configured`, INSTALL)];
  const started = clock.now();
  const ran = await runCommand({
    command: [process.platform === "win32" ? "sh" : "/bin/sh", "-c", command],
    directory,
    env: definedIn({ ...env, COLUMNS: "120", PET_USAGE_LOGGING_ENABLED: "false" }),
    input: JSON.stringify(sampleDocument(started, 42)),
    maxBytes: MAX_BYTES,
    deadline: AbortSignal.timeout(LINE_TIMEOUT_MS),
  });
  const took = clock.now() - started;
  const shownAs = clean(command, 300);
  const fails = (what: Sentence): Check[] => [broken(name, says`the command ${what}: ${shownAs}`, INSTALL)];
  if (ran.notStarted !== null) return fails(says`could not be started (${clean(ran.notStarted)})`);
  if (ran.stopped === "deadline") return fails(says`did not end within ${LINE_TIMEOUT_MS} ms`);
  if (ran.stopped === "output") return fails(says`printed more than ${MAX_BYTES} bytes`);
  if (ran.exit !== 0 || ran.stdout.trim() === "")
    return fails(says`exited with ${ran.exit ?? ours("a signal")} and printed ${ran.stdout.length} characters`);
  if (!isOurCommand(places, { command })) return [note(name, says`belongs to another program: ${shownAs}`, INSTALL)];
  const answers = says`prints the line in ${took} ms while stdin stays open`;
  return [name === "line" ? ok(name, answers) : note(name, says`your own command ${answers}`)];
}

const definedIn = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));

/** Whether the user trusts a folder or one above it; also true if Claude Code's list of trusted folders cannot be read. */
function isTrusted(places: Places, directory: string): boolean {
  const isUsual = places.config === `${places.home}/.claude`;
  try {
    const bytes = readPlain(`${isUsual ? places.home : places.config}/.claude.json`);
    const file = parse(new TextDecoder().decode(bytes ?? undefined));
    const projects = fields(file?.["projects"]);
    for (let at = directory; ; at = dirname(at)) {
      if (file === null || fields(projects[at])["hasTrustDialogAccepted"] === true) return true;
      if (dirname(at) === at) return false;
    }
  } catch {
    return true;
  }
}
