import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { ISOLATED } from "../../../src/utils/paths.ts";

/** The address that the false account signs in with. */
export const EMAIL = "dev@example.com";

/** A false API key; not a secret, and of no use anywhere. */
export const API_KEY = "sk-ant-api03-false-key-for-a-test-AAAA";

/** Limits in percent: five hours, week, week of the model Fable. */
export interface Limits {
  readonly fiveHour: number;
  readonly weekly: number;
  readonly fable: number;
}

/** A user of Claude Code who exists in a folder only. */
export interface FalseHome {
  readonly home: string;
  /** The folder the user works in; its .env and bunfig.toml mean harm. */
  readonly project: string;
  /** A file in this folder tells that something of that name ran, one line each time. */
  readonly witnesses: string;
  readonly settings: string;
}

/** Deliberately not as any program would print it: an edit that reformats shows. */
const SETTINGS = (sessionStart: string): string => `{
\t"permissions" : { "allow": ["Bash(echo:*)",
\t\t"Write", "Edit"] },
   "hooks": {"SessionStart": [{"hooks": [ {"type":"command", "command": ${JSON.stringify(sessionStart)}} ]}]},
"includeCoAuthoredBy":false }`;

/** The parts of an MCP server over stdio that a client asks at start-up. */
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

/** One of the limits in the endpoint's list. */
function listed(kind: string, percent: number, resets_at: string, model: string | null): object {
  const scope = model && { model: { id: `claude-${model.toLowerCase()}-1`, display_name: model }, surface: null };
  const group = kind.replace(/_.*/, "");
  return { kind, group, percent, resets_at, severity: "normal", is_active: kind === "session", scope };
}

/** The answer of the usage endpoint, as Claude Code keeps it: percentages, and resets as ISO 8601. */
function limitsSeen(limits: Limits, now: number): object {
  const reset = (hours: number): string => new Date(now + hours * 3_600_000).toISOString();
  const [five, week] = [reset(2), reset(96)];
  return {
    five_hour: { utilization: limits.fiveHour, resets_at: five },
    seven_day: { utilization: limits.weekly, resets_at: week },
    limits: [
      listed("session", limits.fiveHour, five, null),
      listed("weekly_all", limits.weekly, week, null),
      listed("weekly_scoped", limits.fable, week, "Fable"),
    ],
  };
}

/** Signed in to claude.ai with false tokens; the program takes its limits from its cache when it cannot ask. */
function signedIn(limits: Limits, now: number): object {
  const accountUuid = "00000000-0000-4000-8000-00000000000a";
  const organizationUuid = "00000000-0000-4000-8000-00000000000b";
  return {
    oauthAccount: { accountUuid, emailAddress: EMAIL, organizationUuid, organizationName: "Example" },
    cachedUsageUtilization: { fetchedAtMs: now, accountUuid, utilization: limitsSeen(limits, now) },
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

/** What a hostile repository would try: settings of ours, variables of others, and code that Bun runs before any script. */
function writeTraps(project: string, witnesses: string): void {
  const decoy = `${project}/decoy-claude`;
  writeFileSync(decoy, `#!/bin/sh\necho decoy >> '${witnesses}/decoy'\n`, { mode: 0o755 });
  writeFileSync(`${project}/preload.cjs`, `require("node:fs").appendFileSync("${witnesses}/preload", "preload\\n");\n`);
  writeFileSync(`${project}/bunfig.toml`, 'preload = ["./preload.cjs"]\n[run]\npreload = ["./preload.cjs"]\n');
  // Bun maps even the file it is told to run by the paths of these.
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
 * Writes a home under `root` for which Claude Code asks no question: onboarding done, project trusted; signed in with a
 * seeded cache of limits (percent), or with an API key only. A SessionStart hook and an MCP server leave witnesses.
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
