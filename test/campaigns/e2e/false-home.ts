import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { ISOLATED } from "../../../src/utils/paths.ts";

/** The e-mail address of the fake account. */
export const EMAIL = "dev@example.com";

/** A fake API key; not a secret. */
export const API_KEY = "sk-ant-api03-false-key-for-a-test-AAAA";

/** Limits in percent: five hours, week, and week for the model Fable. */
export interface Limits {
  readonly fiveHour: number;
  readonly weekly: number;
  readonly fable: number;
}

/** The home of a fake user of Claude Code. */
export interface FalseHome {
  readonly home: string;
  /** The user's working directory; its .env and bunfig.toml are hostile. */
  readonly project: string;
  /** The folder of witness files: a program appends a line to the file with its name each time it runs. */
  readonly witnesses: string;
  readonly settings: string;
}

/** Formatted unlike any program's output, so that an edit that reformats is noticed. */
const SETTINGS = (sessionStart: string): string => `{
\t"permissions" : { "allow": ["Bash(echo:*)",
\t\t"Write", "Edit"] },
   "hooks": {"SessionStart": [{"hooks": [ {"type":"command", "command": ${JSON.stringify(sessionStart)}} ]}]},
"includeCoAuthoredBy":false }`;

/** The parts of a stdio MCP server that a client uses at start-up. */
const MCP_SERVER = (witness: string): string => `
require("node:fs").appendFileSync(${JSON.stringify(witness)}, "mcp\\n");
const answers = {
  initialize: (params) => ({ protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "witness", version: "1" } }),
  "tools/list": () => ({ tools: [] }),
};
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  console.log(JSON.stringify({ jsonrpc: "2.0", id, result: answers[method]?.(params) ?? {} }));
});
`;

/** A limit in the list of the usage endpoint. */
function limitEntry(kind: string, percent: number, resets_at: string, model: string | null): object {
  const scope = model && { model: { id: `claude-${model.toLowerCase()}-1`, display_name: model }, surface: null };
  const group = kind.replace(/_.*/, "");
  return { kind, group, percent, resets_at, severity: "normal", is_active: kind === "session", scope };
}

/** The answer of the usage endpoint as Claude Code stores it: percentages, and resets in ISO 8601. */
function usageResponse(limits: Limits, now: number): object {
  const reset = (hours: number): string => new Date(now + hours * 3_600_000).toISOString();
  const [five, week] = [reset(2), reset(96)];
  return {
    five_hour: { utilization: limits.fiveHour, resets_at: five },
    seven_day: { utilization: limits.weekly, resets_at: week },
    limits: [
      limitEntry("session", limits.fiveHour, five, null),
      limitEntry("weekly_all", limits.weekly, week, null),
      limitEntry("weekly_scoped", limits.fable, week, "Fable"),
    ],
  };
}

/** Configuration of a user signed in to claude.ai with fake tokens; Claude Code uses its cached limits if it cannot ask for them. */
function signedIn(limits: Limits, now: number): object {
  const accountUuid = "00000000-0000-4000-8000-00000000000a";
  const organizationUuid = "00000000-0000-4000-8000-00000000000b";
  return {
    oauthAccount: { accountUuid, emailAddress: EMAIL, organizationUuid, organizationName: "Example" },
    cachedUsageUtilization: { fetchedAtMs: now, accountUuid, utilization: usageResponse(limits, now) },
  };
}

const CREDENTIALS = {
  claudeAiOauth: {
    accessToken: "sk-ant-oat01-false",
    refreshToken: "sk-ant-ort01-false",
    expiresAt: 4_000_000_000_000,
    scopes: ["user:inference", "user:profile"],
    subscriptionType: "max",
    rateLimitTier: "default_claude_max_20x",
  },
};

/** Writes what a hostile repository could contain: our settings, variables of other programs, and code that Bun preloads. */
function writeTraps(project: string, witnesses: string): void {
  const decoy = `${project}/decoy-claude`;
  writeFileSync(decoy, `#!/bin/sh\necho decoy >> '${witnesses}/decoy'\n`, { mode: 0o755 });
  writeFileSync(`${project}/preload.cjs`, `require("node:fs").appendFileSync("${witnesses}/preload", "preload\\n");\n`);
  writeFileSync(`${project}/bunfig.toml`, 'preload = ["./preload.cjs"]\n[run]\npreload = ["./preload.cjs"]\n');
  // Bun applies the paths in these files even to the file it is started with.
  const paths = JSON.stringify({ compilerOptions: { paths: { "*": ["./preload.cjs"] } } });
  for (const name of ["tsconfig.json", "jsconfig.json"]) writeFileSync(`${project}/${name}`, paths);
  const traps = {
    PET_USAGE_LOGGING_ENABLED: "false",
    PET_USAGE_LOG_INTERVAL: "86400000",
    PET_LOG_DIR: `${project}/stolen`,
    PET_CLAUDE_COMMAND: decoy,
    PET_PACK: "dog",
    PET_SEGMENTS: "cost",
    CLAUDE_CONFIG_DIR: `${project}/elsewhere`,
    ANTHROPIC_API_KEY: "sk-ant-from-the-project",
    BUN_OPTIONS: "--preload=./preload.cjs",
    NODE_OPTIONS: "--require=./preload.cjs",
  };
  const lines = Object.entries(traps).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(`${project}/.env`, lines.join(""));
}

/**
 * Writes a home under `root` in which Claude Code asks no questions: onboarding is done and the project is trusted. The user is
 * signed in with cached limits (percent), or has an API key only. A SessionStart hook and an MCP server write witness files.
 */
export function writeFalseHome(root: string, version: string, limits: Limits | "api key", now: number): FalseHome {
  mkdirSync(root, { recursive: true });
  const base = realpathSync(root);
  const [home, project, witnesses] = [`${base}/home`, `${base}/project`, `${base}/witnesses`];
  for (const folder of [`${home}/.claude`, project, witnesses]) mkdirSync(folder, { recursive: true });
  const settings = `${home}/.claude/settings.json`;
  writeFileSync(settings, SETTINGS(`echo hook >> '${witnesses}/hook'`));
  writeFileSync(`${base}/mcp-server.cjs`, MCP_SERVER(`${witnesses}/mcp`));
  const server = [process.execPath, ...ISOLATED, `${base}/mcp-server.cjs`];
  const byKey = { customApiKeyResponses: { approved: [API_KEY.slice(-20)], rejected: [] } };
  const config = {
    hasCompletedOnboarding: true,
    lastOnboardingVersion: version,
    installMethod: "unknown",
    numStartups: 3,
    theme: "dark",
    mcpServers: { witness: { type: "stdio", command: server[0], args: server.slice(1), env: {} } },
    projects: { [project]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true, allowedTools: [] } },
    ...(limits === "api key" ? byKey : signedIn(limits, now)),
  };
  writeFileSync(`${home}/.claude.json`, JSON.stringify(config));
  if (limits !== "api key")
    writeFileSync(`${home}/.claude/.credentials.json`, JSON.stringify(CREDENTIALS), { mode: 0o600 });
  writeTraps(project, witnesses);
  return { home, project, witnesses, settings };
}
