import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Checks } from "./checks.ts";
import { claudeVersions, fetchClaude } from "./claude.ts";
import { checkCommand, checkInstall, checkPrivate, checkUninstall } from "./install.ts";
import { checkKeyOnly } from "./key.ts";
import { checkLedger } from "./ledger.ts";
import { checkLoggingOff, checkTraceless } from "./quiet.ts";
import { linesOf } from "./machine.ts";
import { checkPrices } from "./prices.ts";
import { checkSession, checkUnharmed } from "./session.ts";
import { REPOSITORY, World } from "./world.ts";

/** Time limit for everything except the download, for each version. */
const LIMIT_MS = 300_000;

const checks = new Checks();
const worlds: World[] = [];

/** A version of Claude Code and its path. */
interface Program {
  readonly path: string;
  readonly version: string;
}

function openWorld({ path, version }: Program, signIn: "login" | "api key"): World {
  const world = new World(path, version, signIn, Date.now());
  worlds.push(world);
  return world;
}

async function finish(): Promise<never> {
  for (const world of worlds) await world.end();
  console.log(`${checks.passed} passed, ${checks.failed} failed`);
  process.exit(checks.failed === 0 && checks.passed > 0 ? 0 : 1);
}

/** Prints the worker's own log after a failed check. */
function explain(world: World, failedBefore: number): void {
  if (checks.failed === failedBefore) return;
  for (const line of linesOf(`${world.logs}/pawprint.log`).slice(-15)) checks.note(line.slice(0, 600));
}

/** A signed-in user in a hostile folder. */
async function runSignedIn(program: Program, cli: string): Promise<void> {
  const failed = checks.failed;
  const world = openWorld(program, "login");
  const before = readFileSync(world.user.settings, "utf8");
  checks.section("install");
  if (!(await checkInstall(checks, world, cli))) return;
  world.hurry();
  checks.note("this test sets refreshInterval to 1 and PET_USAGE_LOG_INTERVAL to 2000");
  checks.section("a session of the real claude");
  await checkSession(checks, world);
  checkPrivate(checks, world, ["usage.jsonl", "status.jsonl", "diagnostics.jsonl"]);
  checks.section("the ledger of that session");
  await checkLedger(checks, world, cli);
  checks.section("one capture by hand");
  await checkTraceless(checks, world, cli);
  checks.section("the hostile project folder");
  await checkCommand(checks, world, cli);
  checkUnharmed(checks, world);
  checks.section("uninstall");
  await checkUninstall(checks, world, cli, before);
  explain(world, failed);
}

/** A user with an API key who had another statusline before. */
async function runWithApiKey(program: Program, cli: string): Promise<void> {
  const failed = checks.failed;
  const world = openWorld(program, "api key");
  const before = '{"statusLine": {"command":"echo mine",  "type":"command"},\n  "model": "opus"}\n';
  writeFileSync(world.user.settings, before);
  checks.section("an API key only, and a previous statusLine");
  const run = await world.run([process.execPath, cli, "install", "--log"], REPOSITORY);
  if (!checks.check("install --log exits 0", run.status === 0, run.status === 0 ? "" : run)) return;
  world.hurry();
  await checkKeyOnly(checks, world);
  await checkUninstall(checks, world, cli, before);
  explain(world, failed);
}

/** A user with the line and without a log. */
async function runWithoutLog(program: Program, cli: string): Promise<void> {
  const world = openWorld(program, "login");
  checks.section("only the line, logging off");
  const run = await world.run([process.execPath, cli, "install"], REPOSITORY);
  if (!checks.check("install exits 0", run.status === 0, run.status === 0 ? "" : run)) return;
  await checkLoggingOff(checks, world);
}

/** Compares the cost of every model with Claude Code's own. */
async function runPrices(program: Program): Promise<void> {
  checks.section("costs compared with Claude Code's own");
  await checkPrices(checks, openWorld(program, "api key"));
}

/** Runs the tests that need the real program in a separate process. */
function checkExecutor(program: string): void {
  checks.section("the executor's own tests, with the real claude");
  const tests = Bun.spawnSync(
    [
      process.execPath,
      "test",
      "--timeout",
      "60000",
      "test/monitoring/real-claude.test.ts",
      "test/install/real-settings.test.ts",
    ],
    {
      cwd: REPOSITORY,
      env: { ...Bun.env, PAWPRINT_CLAUDE: program },
      stderr: "pipe",
      timeout: 120_000,
    },
  );
  const output = tests.stderr.toString();
  checks.check("they pass", tests.success, /\d+ pass/.exec(output)?.[0] ?? output.slice(-600));
}

/** Runs all checks with one version. */
async function withVersion(version: string, cli: string): Promise<void> {
  const program = { version, path: await fetchClaude((line) => checks.note(line), version) };
  checks.section(`Claude Code ${version}`);
  checks.note(program.path);
  const timer = setTimeout(() => {
    checks.check("everything finishes in time", false, `${LIMIT_MS / 1_000} s`);
    void finish();
  }, LIMIT_MS);
  await runSignedIn(program, cli);
  await runWithApiKey(program, cli);
  await runWithoutLog(program, cli);
  await runPrices(program);
  checkExecutor(program.path);
  clearTimeout(timer);
}

async function main(): Promise<void> {
  const given = process.argv[2];
  const cli = resolve(given ?? `${REPOSITORY}/dist/cli.js`);
  if (!given) {
    checks.section("build");
    const build = Bun.spawnSync([process.execPath, "run", "build"], {
      cwd: REPOSITORY,
      stderr: "pipe",
      timeout: 60_000,
    });
    const built = build.success && existsSync(cli);
    if (!checks.check("bun run build makes dist/cli.js", built, built ? "" : build.stderr.toString().slice(-600)))
      return;
  }
  for (const version of claudeVersions()) await withVersion(version, cli);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    checks.check("the test is not interrupted", false, signal);
    void finish();
  });

try {
  await main();
} catch (error) {
  checks.check("the test itself works", false, error instanceof Error ? (error.stack ?? error.message) : String(error));
}
await finish();
