import { accessSync, constants, statSync } from "node:fs";
import type { Environment, Settings } from "../utils/config.ts";
import { PawprintError } from "../utils/errors.ts";
import { expand, type Places } from "../utils/paths.ts";

/**
 * `--safe-mode` disables the user's hooks, plugins and MCP servers, and prevents costs: a program too old to know it
 * (before 2.1.169) exits at once with "unknown option". Without it, versions that lack `claude auth status` send these
 * words to the model as a prompt (measured with 2.0.55 and 2.1.32).
 */
const GUARD = ["--safe-mode", "--no-session-persistence"] as const;

/** All argument lists that Claude Code is ever run with. None of them reaches a model, a hook or an MCP server. */
export const invocations = {
  control: [...GUARD, "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"],
  usage: [...GUARD, "-p", "/usage"],
  auth: [...GUARD, "auth", "status"],
  doctor: [...GUARD, "doctor"],
  version: ["--version"],
} as const satisfies Record<string, readonly string[]>;

/** The name of an argument list. */
export type Invocation = keyof typeof invocations;

/** All lines that are ever sent to the control process. A line of another type would be a prompt. */
export const requests = {
  get_usage: {
    type: "control_request",
    request_id: "get_usage",
    request: { subtype: "get_usage", skip_behaviors: true },
  },
  get_status: { type: "control_request", request_id: "get_status", request: { subtype: "get_status" } },
} as const;

/** The name of a request to the control process. */
export type ControlRequest = keyof typeof requests;

/** A copy of an argument list. Throws `internal` for an unknown name. */
export function argumentsOf(name: Invocation): string[] {
  if (!Object.hasOwn(invocations, name)) throw notListed(name);
  return [...invocations[name]];
}

/** The lines of some requests. Throws `internal` for an unknown name. */
export function linesOf(names: readonly ControlRequest[]): string {
  return names
    .map((name) => {
      if (!Object.hasOwn(requests, name)) throw notListed(name);
      return `${JSON.stringify(requests[name])}\n`;
    })
    .join("");
}

const notListed = (name: unknown): PawprintError =>
  new PawprintError(
    "internal",
    `${String(name)} is not on the list of commands that may be run`,
    "this is a bug in pawprint: please report it",
  );

/** An address without a server: receives the prompt if a program ever mistakes our arguments for one. */
const UNREACHABLE_URL = "http://127.0.0.1:9";

const NO_SIDE_EFFECTS = {
  /** A capture is not a session of the user, and offline each one would leave a file in ~/.claude/telemetry. */
  DISABLE_TELEMETRY: "1",
  DISABLE_ERROR_REPORTING: "1",
  NO_COLOR: "1",
  /** doctor runs `npm -g config get prefix` twice, which would leave two files in ~/.npm/_logs each hour. */
  npm_config_logs_max: "0",
  npm_config_update_notifier: "false",
};
const NO_UPDATE = { DISABLE_AUTOUPDATER: "1" };

/** The variable that limits the program to the requests of a session. Any value except the empty one enables it. */
export const ESSENTIAL_ONLY = "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC";

/**
 * Additional environment variables of each invocation. `doctor` of 2.1.332 would test the connection to the provider,
 * which ESSENTIAL_ONLY prevents; it reports on its auto-updater but never starts it. `control` may send requests:
 * without them it would answer get_usage from a cache of up to an hour. `usage` is the only one with a word that could
 * be taken for a prompt, so it cannot reach any model; it gets the limits from another address.
 */
export const additions: Readonly<Record<Invocation, Readonly<Record<string, string>>>> = {
  control: { ...NO_SIDE_EFFECTS, ...NO_UPDATE },
  usage: {
    ...NO_SIDE_EFFECTS,
    ...NO_UPDATE,
    ANTHROPIC_BASE_URL: UNREACHABLE_URL,
    ANTHROPIC_BEDROCK_BASE_URL: UNREACHABLE_URL,
    ANTHROPIC_VERTEX_BASE_URL: UNREACHABLE_URL,
    ANTHROPIC_FOUNDRY_BASE_URL: UNREACHABLE_URL,
  },
  auth: NO_UPDATE,
  doctor: { ...NO_SIDE_EFFECTS, [ESSENTIAL_ONLY]: "1" },
  version: { ...NO_SIDE_EFFECTS, ...NO_UPDATE },
};

/**
 * The path of the Claude Code program: PET_CLAUDE_COMMAND unchanged, else `claude` on PATH (absolute entries only,
 * since a relative one could run a file of the user's project), else the two default locations of its installers; null
 * if there is none.
 */
export function findProgram(settings: Settings, env: Environment, places: Places): string | null {
  if (settings.claudeCommand) return expand(settings.claudeCommand, places);
  const isWindows = process.platform === "win32";
  const name = isWindows ? "claude.exe" : "claude";
  const entries = (env["PATH"] ?? env["Path"] ?? "").split(isWindows ? ";" : ":");
  const onPath = entries.filter((entry) => /^(?:\/|[A-Za-z]:[\\/])/.test(entry)).map((entry) => `${entry}/${name}`);
  const defaultPaths = [`${places.home}/.local/bin/${name}`, `${places.home}/.claude/local/${name}`];
  return [...onPath, ...defaultPaths].map((path) => path.replace(/\/{2,}/g, "/")).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
