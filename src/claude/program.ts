import { accessSync, constants, statSync } from "node:fs";
import type { Environment, Settings } from "../utils/config.ts";
import { PawprintError } from "../utils/errors.ts";
import { expand, type Places } from "../utils/paths.ts";

/**
 * `--safe-mode` switches off the user's hooks, plugins and MCP servers, and it guards the user's money: a program too old
 * to know it (before 2.1.169) stops at once with "unknown option", whereas `claude auth status` without it is sent to the
 * model as a prompt by versions that have no such command (measured with 2.0.55 and 2.1.32).
 */
const GUARD = ["--safe-mode", "--no-session-persistence"] as const;

/** The closed list of what Claude Code is ever run with. Nothing in it reaches a model, a hook or an MCP server. */
export const invocations = {
  control: [...GUARD, "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"],
  usage: [...GUARD, "-p", "/usage"],
  auth: [...GUARD, "auth", "status"],
  doctor: [...GUARD, "doctor"],
  version: ["--version"],
} as const satisfies Record<string, readonly string[]>;

/** The name of one thing that claude may be run with. */
export type Invocation = keyof typeof invocations;

/** The closed list of lines that the control process is ever sent; a line of another type would be a prompt. */
export const requests = {
  get_usage: {
    type: "control_request",
    request_id: "get_usage",
    request: { subtype: "get_usage", skip_behaviors: true },
  },
  get_status: { type: "control_request", request_id: "get_status", request: { subtype: "get_status" } },
} as const;

/** The name of one thing that the control process may be asked. */
export type Request = keyof typeof requests;

/** A copy of the arguments of that name; throws for anything that is not on the list. */
export function argumentsOf(name: Invocation): string[] {
  if (!Object.hasOwn(invocations, name)) throw offList(name);
  return [...invocations[name]];
}

/** The lines of those requests; throws for anything that is not on the list. */
export function linesOf(names: readonly Request[]): string {
  return names
    .map((name) => {
      if (!Object.hasOwn(requests, name)) throw offList(name);
      return `${JSON.stringify(requests[name])}\n`;
    })
    .join("");
}

const offList = (name: unknown): PawprintError =>
  new PawprintError("internal", `${String(name)} is not on the list of what claude may be asked`, "report this");

/** An address at which nothing listens: where a program would send a prompt, should it ever take ours for one. */
const NOWHERE = "http://127.0.0.1:9";

const QUIET = {
  /** A capture is no session of the user's, and offline each would leave a file in ~/.claude/telemetry. */
  DISABLE_TELEMETRY: "1",
  DISABLE_ERROR_REPORTING: "1",
  NO_COLOR: "1",
  /** doctor runs `npm -g config get prefix` twice, which would leave two files in ~/.npm/_logs each hour. */
  npm_config_logs_max: "0",
  npm_config_update_notifier: "false",
};
const NO_UPDATE = { DISABLE_AUTOUPDATER: "1" };

/** The variable that keeps the program from every request but those of a session; any value but the empty one counts. */
export const ESSENTIAL_ONLY = "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC";

/**
 * What each invocation's environment has besides the user's. doctor of 2.1.332 tests whether the provider can be reached,
 * which it is kept from; it reports on its auto-updater and never starts it. control is not kept from requests: it would
 * answer get_usage from a cache of up to an hour. /usage, the only one with a word that could be taken for a prompt, is kept from reaching any model; its limits
 * come from another address.
 */
export const additions: Readonly<Record<Invocation, Readonly<Record<string, string>>>> = {
  control: { ...QUIET, ...NO_UPDATE },
  usage: {
    ...QUIET,
    ...NO_UPDATE,
    ANTHROPIC_BASE_URL: NOWHERE,
    ANTHROPIC_BEDROCK_BASE_URL: NOWHERE,
    ANTHROPIC_VERTEX_BASE_URL: NOWHERE,
    ANTHROPIC_FOUNDRY_BASE_URL: NOWHERE,
  },
  auth: NO_UPDATE,
  doctor: { ...QUIET, [ESSENTIAL_ONLY]: "1" },
  version: { ...QUIET, ...NO_UPDATE },
};

/**
 * The program to ask: PET_CLAUDE_COMMAND as it is, else `claude` on PATH (absolute entries only, since a relative one
 * would run what lies in the user's project), else the two places where its installers put it; null when there is none.
 */
export function findProgram(settings: Settings, env: Environment, places: Places): string | null {
  if (settings.claudeCommand) return expand(settings.claudeCommand, places);
  const isWindows = process.platform === "win32";
  const name = isWindows ? "claude.exe" : "claude";
  const entries = (env["PATH"] ?? env["Path"] ?? "").split(isWindows ? ";" : ":");
  const onPath = entries.filter((entry) => /^(?:\/|[A-Za-z]:[\\/])/.test(entry)).map((entry) => `${entry}/${name}`);
  const usual = [`${places.home}/.local/bin/${name}`, `${places.home}/.claude/local/${name}`];
  return [...onPath, ...usual].map((path) => path.replace(/\/{2,}/g, "/")).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
