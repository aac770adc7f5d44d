import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { type Checks, until } from "./checks.ts";
import { lineWith, statusRows } from "./line.ts";
import { processesWith } from "./machine.ts";
import { LIMITS, type World } from "./world.ts";
import { ISOLATED } from "../../../src/utils/paths.ts";

/** Every file and folder below `folder` by its path, with a hash of what a file holds. */
function treeOf(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    const path = `${folder}/${name}`;
    found.set(name, lstatSync(path).isFile() ? Bun.hash(readFileSync(path)).toString(36) : "");
  }
  return found;
}

/** Paths that came, went or changed. */
const changesIn = (before: Map<string, string>, after: Map<string, string>): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name)).toSorted();

/** A capture leaves its records, and nothing else in the user's home. */
export async function proveTraceless(checks: Checks, world: World, cli: string): Promise<void> {
  const { home, project } = world.user;
  const before = treeOf(home);
  const had = world.standIn.requests.length;
  const run = await world.run([process.execPath, ...ISOLATED, cli, "capture", "status"], project);
  checks.check("pawprint capture status exits 0", run.status === 0, run.status === 0 ? "" : run);
  const changed = changesIn(before, treeOf(home)).filter((name) => !name.startsWith(".claude/pets/logs"));
  checks.same("it changes nothing in the home but its log", changed, []);
  checks.same("it asks the stand-in nothing", world.standIn.requests.length - had, 0);
}

/** Logging off: the line shows what its stdin tells, and nothing of the logger comes into being. */
export async function proveLoggingOff(checks: Checks, world: World): Promise<void> {
  const before = treeOf(world.pets);
  const screen = world.openClaude();
  const first = await lineWith(screen, 30_000, "=^", "Opus 5.5");
  checks.check("claude shows the line", first !== null, first ?? "");
  const limits = [`${LIMITS.fiveHour}%`, `${LIMITS.weekly}%`];
  checks.check("before a turn it knows no limits", !first?.some((row) => limits.some((limit) => row.includes(limit))));
  await screen.submit("hello plan:bash");
  const rows = await lineWith(screen, 30_000, ...limits);
  checks.check(
    `after a turn it shows ${limits.join(" and ")} from stdin`,
    rows !== null,
    rows ?? (await statusRows(screen)),
  );
  checks.same("claude was started by nobody else", world.starts.length, 1);
  await screen.submit("/exit");
  checks.same("claude ends", await screen.ended(20_000), 0);
  checks.check("no process is left", (await until(15_000, () => processesWith(world.root).length === 0)) !== null);
  checks.same("no file and no folder of the logger came into being", changesIn(before, treeOf(world.pets)), []);
}
