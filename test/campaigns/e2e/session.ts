import { existsSync, readdirSync } from "node:fs";
import { recordKinds } from "../../../src/model/record.ts";
import { type Checks, until } from "./checks.ts";
import { EMAIL } from "./false-home.ts";
import { processesWith, type ClaudeStart } from "./machine.ts";
import { lineWith, statusRows } from "./line.ts";
import { promptPicture } from "./picture.ts";
import type { Request } from "./stand-in.ts";
import { at, LIMITS, type World } from "./world.ts";

/** With these arguments Claude Code does not run the user's hooks and MCP servers and writes no transcript. */
const GUARDS = ["--safe-mode", "--no-session-persistence"];
/** The argument lists that a capture may use with this version; only these are known not to reach a model. */
const ALLOWED = new Set([
  "-p --input-format stream-json --output-format stream-json --verbose",
  "auth status",
  "doctor",
]);

function isAllowed(start: ClaudeStart): boolean {
  const args = start.args.split(" ");
  const rest = args.filter((arg) => !GUARDS.includes(arg)).join(" ");
  return ALLOWED.has(rest) && GUARDS.every((guard) => args.includes(guard));
}

/** Variables that tie a process to the user's session, or hold a secret that a capture does not need. */
const SESSION_ONLY = /^(CLAUDECODE|CLAUDE_CODE_(SESSION_ID|CHILD_SESSION|MESSAGING_\w+|ENTRYPOINT)|CLAUDE_PID)$/;

const messagesIn = (requests: readonly Request[]): Request[] => requests.filter(({ path }) => path === "/v1/messages");

const files = (folder: string): string[] =>
  existsSync(folder)
    ? (readdirSync(folder, { recursive: true }) as string[]).filter((name) => /\.\w+$/.test(name))
    : [];

/** Runs an interactive session that shows the line, with captures before, during and after a turn. */
export async function checkSession(checks: Checks, world: World): Promise<void> {
  const screen = world.openClaude();
  const first = await lineWith(screen, 30_000, "=^");
  if (!checks.check("claude shows the pet in its status line", first !== null, first ?? "")) {
    checks.note((await screen.lines()).join("\n").trim());
    return;
  }
  const model = first?.find((row) => row.includes("=^"))?.includes("Opus 5.5") ?? false;
  checks.check("the model is next to it", model);

  const early = await until(40_000, () => world.usage("control").length > 0 && world.log("status").length > 0);
  checks.check(
    "a usage and a status record are written before the first turn",
    early !== null,
    `${world.usage("control").length} usage, ${world.log("status").length} status`,
  );
  checks.same("no message has been sent to the model", messagesIn(world.standIn.requests).length, 0);

  await screen.submit("hello plan:bash,write,edit");
  checks.check("the turn is answered", (await screen.row(30_000, "Purr")) !== null);
  const limits = [`${LIMITS.fiveHour}%`, `${LIMITS.weekly}%`, `Fable ${LIMITS.fable}%`];
  const rows = await lineWith(screen, 20_000, "ctx", ...limits);
  checks.check(`after the turn the line shows ${limits.join(", ")}`, rows !== null, rows ?? (await statusRows(screen)));
  checks.note((rows ?? []).join("\n"));
  if (world.picture) await Bun.write(world.picture, await promptPicture(screen, 120));
  checks.check("no row of the line is cut by Claude Code", !(rows ?? []).some((row) => row.endsWith("…")));
  const turn = messagesIn(world.standIn.requests).length;
  checks.same("the turn took four messages: bash, write, edit, text", turn, 4);

  const had = world.usage("control").length;
  const more = await until(40_000, () => world.usage("control").length >= had + 2);
  checks.check("two more captures follow", more !== null, `${world.usage("control").length} usage records`);
  checks.same("and no more messages", messagesIn(world.standIn.requests).length, turn);

  const own = transcripts(world).find((name) => name.startsWith(`${projectName(world)}/`));
  const id = own?.replace(/^.*\/(.*)\.jsonl$/, "$1") ?? "";
  await screen.submit("/exit");
  checks.same("claude ends", await screen.ended(20_000), 0);
  const gone = await until(30_000, () => processesWith(world.root).length === 0);
  checks.check("no process is left", gone !== null, processesWith(world.root));
  const count = world.starts.length;
  checks.check(
    "every start of claude by a capture is on the allow list",
    checkStarts(checks, world, screen.pid),
    `${count - 1} starts`,
  );
  checkRequests(checks, world, screen.pid, turn);
  checkRecords(checks, world, id);
  checks.same("the user's session has a transcript, and no capture has", transcripts(world), [
    `${projectName(world)}/${id}.jsonl`,
  ]);
}

const projectName = (world: World): string => world.user.project.replace(/[^A-Za-z0-9]/g, "-");
const transcripts = (world: World): string[] => files(`${world.user.home}/.claude/projects`);

function checkStarts(checks: Checks, world: World, interactive: number): boolean {
  const captures = world.starts.filter(({ pid }) => pid !== interactive);
  const wrong = captures.filter((start) => !isAllowed(start));
  for (const { args } of wrong) checks.note(`not allowed: claude ${args}`);
  const leaks = new Set(captures.flatMap(({ variables }) => variables.filter((name) => SESSION_ONLY.test(name))));
  checks.same("captures get no variable of the user's session", [...leaks], []);
  const respects = ({ base, quiet }: ClaudeStart): boolean =>
    base.startsWith(world.env["ANTHROPIC_BASE_URL"] ?? "-") && quiet === "1";
  checks.check("captures keep the user's base address and traffic setting", captures.every(respects));
  return captures.length > 0 && wrong.length === 0;
}

function checkRequests(checks: Checks, world: World, interactive: number, turn: number): void {
  const { requests } = world.standIn;
  const others = requests.filter(({ by }) => by !== interactive);
  checks.check(
    "captures sent no request",
    others.length === 0,
    others.length ? others : `${requests.length} requests, all by the session`,
  );
  const wanted = world.blockedProxy.knocks
    .filter(({ by }) => by !== null && by !== interactive)
    .map(({ host }) => host);
  const away = wanted.filter((host) => host !== "api.anthropic.com:443");
  const tried = `${wanted.length} times api.anthropic.com, blocked`;
  checks.check(
    "and tried to reach no host other than the account's own",
    away.length === 0,
    away.length ? away : tried,
  );
  checks.same("no message was sent after the turn", messagesIn(requests).length, turn);
  checks.same("the MCP server was started by the session only", world.witnesses("mcp"), 1);
  checks.same("the SessionStart hook ran for the session only", world.witnesses("hook"), 1);
}

function checkRecords(checks: Checks, world: World, id: string): void {
  const lines = recordKinds.flatMap((kind) =>
    world.log(kind).map(({ record, problem }) => ({ kind, record, problem })),
  );
  const wrong = lines.filter(({ problem }) => problem !== null);
  const counts = recordKinds.map((kind) => `${lines.filter((line) => line.kind === kind).length} ${kind}`).join(", ");
  checks.check("every line of the logs matches its schema", lines.length > 0 && wrong.length === 0, wrong[0] ?? counts);
  const ids = lines.map(({ kind, record }) => `${kind} ${String(record["id"])}`);
  checks.check("no two records have the same id", new Set(ids).size === ids.length, `${ids.length} records`);
  const sessions = new Set(lines.map(({ record }) => record["session_id"]));
  checks.same("every record belongs to the user's session", [...sessions], [id]);

  const usage = world.usage("control").at(-1);
  const window = (name: string): unknown => at(usage, "usage_data", "rate_limits", name, "utilization");
  checks.same(
    "the newest usage record contains the limits",
    [window("five_hour"), window("seven_day")],
    [LIMITS.fiveHour, LIMITS.weekly],
  );
  const given = at(usage, "statusline", "rate_limits", "five_hour", "used_percentage");
  checks.same("and the five-hour limit given to the session", given, LIMITS.fiveHour);
  checks.same(
    "it contains the session's folder and version",
    [usage?.["cwd"], usage?.["version"]],
    [world.user.project, world.version],
  );

  const status = world.log("status").map(({ record }) => record);
  checks.same(
    "one status record, with the e-mail address",
    status.map((record) => record["email"]),
    [EMAIL],
  );
  const mismatches = at(status[0], "diagnostics", "config_mismatches");
  checks.same("and the config mismatch", mismatches, [
    "Installation config mismatch: running npm-global but config says unknown",
  ]);
  checks.check(
    "and the model of the session",
    String(status[0]?.["model"]).startsWith("claude-opus"),
    status[0]?.["model"],
  );
  checks.check(
    "and the raw answers",
    Object.keys(at(status[0], "status_data") ?? {}).length > 0,
    Object.keys(at(status[0], "status_data") ?? {}),
  );
  const found = world.log("diagnostics").map(({ record }) => [record["diagnostic_type"], record["state"]].join(" "));
  checks.check(
    "the mismatch is in diagnostics.jsonl, once",
    found.filter((one) => /mismatch.* appeared/.test(one)).length === 1,
    found,
  );
}

/** Checks that the .env, the bunfig.toml and the decoy in the project folder had no effect. */
export function checkUnharmed(checks: Checks, world: World): void {
  const ran = (["preload", "decoy"] as const).map((name) => world.witnesses(name));
  checks.same("the project's bunfig.toml preload and its decoy claude never ran", ran, [0, 0]);
  const made = ["stolen", "elsewhere"].filter((name) => existsSync(`${world.user.project}/${name}`));
  checks.same("the project's .env created nothing", made, []);
}
