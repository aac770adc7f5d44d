import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { until } from "../e2e/checks.ts";
import { CLAUDE_VERSION, fetchClaude } from "../e2e/claude.ts";
import { lineWith } from "../e2e/line.ts";
import { processesWith } from "../e2e/machine.ts";
import { Screen } from "../e2e/screen.ts";
import { checkUnharmed } from "../e2e/session.ts";
import { changesIn, treeOf } from "../e2e/tree.ts";
import { at, LIMITS, World } from "../e2e/world.ts";
import { copyProgram, type InCleanRoot, makeCleanRoot } from "./clean-root.ts";
import { checks, problemOf, type Ran, run, world as folder } from "./world.ts";

/** Where the real program is put, and what the user's `claude` starts. */
const CLAUDE = "/opt/claude/claude";
const PATH = "/usr/local/bin:/usr/bin:/bin";
/** What Claude Code writes, and what the test does: the file of its turn, witnesses of its hook, and its starts. */
const OTHERS = [
  /^home\/\.claude\.json/,
  /^home\/\.claude\/(?:backups|file-history|history\.jsonl|projects|session-env|sessions|shell-snapshots)(?:\/|$)/,
  /^home\/\.cache\/claude-cli-nodejs\//,
  /^\/tmp\/claude-\d+\//,
  /^(?:bin\/started\.\d+|project\/note\.txt|witnesses\/hook)$/,
];

/** A machine on which nothing but Node is installed. */
interface CleanMachine {
  readonly user: World;
  /** Runs a program in the user's hostile folder. */
  run(...words: string[]): Promise<Ran>;
  openClaude(): Screen;
  /** Everything in its file system, without npm's cache. */
  tree(): Map<string, string>;
}

/**
 * On a machine with Node alone: runs the demo, adds the real Claude Code, shows the line in it, and takes everything away again.
 * It is skipped, with the reason, where there can be no such machine.
 */
export async function checkCleanMachine(registry: string): Promise<void> {
  checks.section("a machine with Node alone");
  const root = join(folder, "root");
  const user = new World(CLAUDE, CLAUDE_VERSION, "login", Date.now());
  try {
    const inRoot = await makeCleanRoot(root, user.root);
    if (typeof inRoot === "string") return checks.note(`skipped: ${inRoot}`);
    await checkDemo(root, inRoot, registry);
    checks.section("the real claude on that machine");
    const machine = await withClaude(user, root, inRoot, registry);
    const [before, settings] = [machine.tree(), readFileSync(user.user.settings, "utf8")];
    await checkLineInClaude(machine);
    await checkNothingLeft(machine, before, settings);
  } finally {
    await user.end();
  }
}

const npmIn = (home: string, registry: string): Record<string, string> => ({
  HOME: home,
  npm_config_registry: registry,
  npm_config_update_notifier: "false",
});

/** Runs the demo in an empty home. */
async function checkDemo(root: string, inRoot: InCleanRoot, registry: string): Promise<void> {
  mkdirSync(join(root, "root"), { recursive: true });
  const env = { PATH, ...npmIn("/root", registry) };
  const found = await run(
    inRoot(["sh", "-c", "for name in node npm npx bun claude git jq; do command -v $name; done"], "/root"),
    env,
  );
  checks.same("Node, npm and npx are there, and no Bun, claude, git or jq", found.out.trim().split("\n"), [
    "/usr/bin/node",
    "/usr/bin/npm",
    "/usr/bin/npx",
  ]);
  const before = treeOf(root);
  const demo = await run(inRoot(["npx", "--yes", "pawprint", "demo"], "/root"), env);
  const shown = ["5h 42%", '"rate_limits"', "jq -r", "daily --last 7d", "npx --yes pawprint@latest install"];
  const missing = shown.filter((part) => !demo.out.includes(part));
  checks.check("npx pawprint demo shows line, record, queries, report and install", missing.length === 0, missing);
  checks.note(demo.out.split("\n").slice(4, 8).join("\n"));
  checks.same("it ends with 0", demo.code, 0);
  const changed = changesIn(before, treeOf(root)).filter((name) => !/^root\/\.npm(?:\/|$)/.test(name));
  checks.same("it leaves nothing but npm's cache", changed, []);
}

/** Adds the real Claude Code, and runs it once, so that the files that it makes are there before Pawprint is. */
async function withClaude(user: World, root: string, inRoot: InCleanRoot, registry: string): Promise<CleanMachine> {
  const program = await fetchClaude((line) => checks.note(line), CLAUDE_VERSION);
  await copyProgram(program, root, CLAUDE);
  const { home, project } = user.user;
  const env = { ...user.env, ...npmIn(home, registry), PATH: `${user.root}/bin:${PATH}` };
  const machine: CleanMachine = {
    user,
    run: (...words) => run(inRoot(words, project), env),
    openClaude: () => new Screen(inRoot(["claude"], project), { cwd: "/", env, columns: 120, rows: 40 }),
    tree() {
      for (const cache of [join(home, ".npm"), join(root, "root/.npm")])
        rmSync(cache, { recursive: true, force: true });
      const outside = [...treeOf(root)].map(([name, what]) => [`/${name}`, what] as const);
      return new Map([...treeOf(user.root), ...outside]);
    },
  };
  const screen = machine.openClaude();
  await screen.row(30_000, "❯");
  await screen.submit("hello");
  checks.check("claude answers", (await screen.row(30_000, "Purr")) !== null);
  await leave(screen, user);
  return machine;
}

async function leave(screen: Screen, user: World): Promise<void> {
  await screen.submit("/exit");
  checks.same("claude ends", await screen.ended(20_000), 0);
  const gone = await until(30_000, () => processesWith(user.root).length === 0);
  checks.check("no process is left", gone !== null, processesWith(user.root));
  screen.close();
}

/** Installs with npx, empties npm's cache, and starts claude. */
async function checkLineInClaude({ user, run: runThere, openClaude }: CleanMachine): Promise<void> {
  const installed = await runThere("npx", "--yes", "pawprint", "install", "--log");
  checks.same(`npx pawprint install --log ends with 0 ${problemOf(installed)}`, installed.code, 0);
  rmSync(join(user.user.home, ".npm"), { recursive: true });
  const line = at(JSON.parse(readFileSync(user.user.settings, "utf8")), "statusLine");
  checks.same("the line is the executable itself", at(line, "command"), `"${user.pets}/bin/pawprint" statusline`);
  const screen = openClaude();
  const first = await lineWith(screen, 30_000, "=^");
  checks.check("without npm's cache, claude shows the pet in its status line", first !== null, first ?? "");
  await screen.submit("hello plan:bash,write,edit");
  const limits = [`${LIMITS.fiveHour}%`, `${LIMITS.weekly}%`];
  const rows = await lineWith(screen, 60_000, "ctx", ...limits);
  checks.check(`after a turn it shows ${limits.join(" and ")}`, rows !== null);
  checks.note((rows ?? (await screen.lines())).join("\n").trim());
  const recorded = await until(40_000, () => user.usage("control").length > 0 && user.log("status").length > 0);
  checks.check("usage and status are recorded", recorded !== null);
  await leave(screen, user);
  const doctor = await runThere(`${user.pets}/bin/pawprint`, "doctor");
  checks.check("doctor finds nothing broken", doctor.code === 0, doctor.out.trim());
  const overview = await runThere(`${user.pets}/bin/pawprint`);
  checks.check("the overview has its tokens", overview.code === 0 && /Today .*tokens/.test(overview.out));
  checkUnharmed(checks, user);
}

/** Uninstalls with the installed program, and removes the rest with the command that it names. */
async function checkNothingLeft(machine: CleanMachine, before: Map<string, string>, settings: string): Promise<void> {
  checks.section("uninstall and purge on that machine");
  const { user, run: runThere } = machine;
  const removed = await runThere(`${user.pets}/bin/pawprint`, "uninstall");
  checks.check("uninstall ends with 0", removed.code === 0, problemOf(removed));
  checks.note(removed.out.trim());
  checks.same("settings.json is as before", readFileSync(user.user.settings, "utf8") === settings, true);
  const command = /kept; (.*) removes all of it/.exec(removed.out)?.[1] ?? "";
  const purged = await runThere(...command.split(" "), "--yes");
  checks.check(`${command} --yes ends with 0`, purged.code === 0, problemOf(purged));
  checks.note(purged.out.trim());
  const after = machine.tree();
  const changed = changesIn(before, after);
  const ours = changed.filter((name) => !OTHERS.some((other) => other.test(name)));
  checks.same(`of ${before.size} files and folders, all are as before but for what Claude Code wrote`, ours, []);
  checks.note(changed.map((name) => `${after.has(name) ? "written" : "removed"} by Claude Code: ${name}`).join("\n"));
  const named = [...after.keys()].filter((name) => /pawprint(?!-e2e)|\/pets\b/i.test(name));
  checks.same("no file or folder has our name", named, []);
}
