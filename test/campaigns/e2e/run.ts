import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Checks } from "./checks.ts";
import { claudeVersions, fetchClaude } from "./claude.ts";
import { proveCommand, proveInstall, provePrivate, proveUninstall } from "./install.ts";
import { proveKeyOnly } from "./key.ts";
import { proveLedger } from "./ledger.ts";
import { proveLoggingOff, proveTraceless } from "./quiet.ts";
import { linesOf } from "./machine.ts";
import { provePrices } from "./prices.ts";
import { proveSession, proveUnharmed } from "./session.ts";
import { REPOSITORY, World } from "./world.ts";

/** Time for everything but the download, for each version. */
const LIMIT_MS = 300_000;

const checks = new Checks();
const worlds: World[] = [];

/** A version of Claude Code, and where it lies. */
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

/** What the worker wrote of itself, for whoever has to find out why a proof failed. */
function explain(world: World, failedBefore: number): void {
  if (checks.failed === failedBefore) return;
  for (const line of linesOf(`${world.logs}/pawprint.log`).slice(-15)) checks.note(line.slice(0, 600));
}

/** The user who is signed in, in a folder that means harm. */
async function signedIn(program: Program, cli: string): Promise<void> {
  const failed = checks.failed;
  const world = openWorld(program, "login");
  const before = readFileSync(world.user.settings, "utf8");
  checks.section("install");
  if (!(await proveInstall(checks, world, cli))) return;
  world.hurry();
  checks.note("for this test refreshInterval was set to 1 and PET_USAGE_LOG_INTERVAL to 2000");
  checks.section("a session of the real claude");
  await proveSession(checks, world);
  provePrivate(checks, world, ["usage.jsonl", "status.jsonl", "diagnostics.jsonl"]);
  checks.section("the ledger of that session");
  await proveLedger(checks, world, cli);
  checks.section("one capture by hand");
  await proveTraceless(checks, world, cli);
  checks.section("the hostile project folder");
  await proveCommand(checks, world, cli);
  proveUnharmed(checks, world);
  checks.section("uninstall");
  await proveUninstall(checks, world, cli, before);
  explain(world, failed);
}

/** The user with a key, who had another statusline before. */
async function byKey(program: Program, cli: string): Promise<void> {
  const failed = checks.failed;
  const world = openWorld(program, "api key");
  const before = '{"statusLine": {"command":"echo mine",  "type":"command"},\n  "model": "opus"}\n';
  writeFileSync(world.user.settings, before);
  checks.section("an API key only, and a previous statusLine");
  const run = await world.run([process.execPath, cli, "install", "--log"], REPOSITORY);
  if (!checks.check("install --log exits 0", run.status === 0, run.status === 0 ? "" : run)) return;
  world.hurry();
  await proveKeyOnly(checks, world);
  await proveUninstall(checks, world, cli, before);
  explain(world, failed);
}

/** The user who wants the line and no log. */
async function withoutLog(program: Program, cli: string): Promise<void> {
  const world = openWorld(program, "login");
  checks.section("the line alone, logging off");
  const run = await world.run([process.execPath, cli, "install"], REPOSITORY);
  if (!checks.check("install exits 0", run.status === 0, run.status === 0 ? "" : run)) return;
  await proveLoggingOff(checks, world);
}

/** Every model's price against the program's own reckoning. */
async function priced(program: Program): Promise<void> {
  checks.section("prices against the program's own");
  await provePrices(checks, openWorld(program, "api key"));
}

/** The tests that want the real program, in a process of their own. */
function proveExecutor(program: string): void {
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
  const told = tests.stderr.toString();
  checks.check("they pass", tests.success, /\d+ pass/.exec(told)?.[0] ?? told.slice(-600));
}

/** Everything, with one version. */
async function withVersion(version: string, cli: string): Promise<void> {
  const program = { version, path: await fetchClaude((line) => checks.note(line), version) };
  checks.section(`Claude Code ${version}`);
  checks.note(program.path);
  const timer = setTimeout(() => {
    checks.check("everything ends in time", false, `${LIMIT_MS / 1_000} s`);
    void finish();
  }, LIMIT_MS);
  await signedIn(program, cli);
  await byKey(program, cli);
  await withoutLog(program, cli);
  await priced(program);
  proveExecutor(program.path);
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
    checks.check("nobody stops the test", false, signal);
    void finish();
  });

try {
  await main();
} catch (error) {
  checks.check("the test itself works", false, error instanceof Error ? (error.stack ?? error.message) : String(error));
}
await finish();
