import { type Checks, until } from "./checks.ts";
import { lineWith, statusRows } from "./line.ts";
import { processesWith } from "./machine.ts";
import { changesIn, treeOf } from "./tree.ts";
import { LIMITS, type World } from "./world.ts";
import { ISOLATED } from "../../../src/utils/paths.ts";

/** Checks that a capture writes its records and nothing else to the user's home. */
export async function checkTraceless(checks: Checks, world: World, cli: string): Promise<void> {
  const { home, project } = world.user;
  const before = treeOf(home);
  const had = world.standIn.requests.length;
  const run = await world.run([process.execPath, ...ISOLATED, cli, "capture", "status"], project);
  checks.check("pawprint capture status exits 0", run.status === 0, run.status === 0 ? "" : run);
  const changed = changesIn(before, treeOf(home)).filter((name) => !name.startsWith(".claude/pets/logs"));
  checks.same("it changes nothing in the home but its log", changed, []);
  checks.same("it sends no request to the stand-in", world.standIn.requests.length - had, 0);
}

/** With logging off: checks that the line shows the data of its stdin, and that the logger creates no file. */
export async function checkLoggingOff(checks: Checks, world: World): Promise<void> {
  const before = treeOf(world.pets);
  const screen = world.openClaude();
  const first = await lineWith(screen, 30_000, "=^", "Opus 5.5");
  checks.check("claude shows the line", first !== null, first ?? "");
  const limits = [`${LIMITS.fiveHour}%`, `${LIMITS.weekly}%`];
  checks.check("before a turn it shows no limits", !first?.some((row) => limits.some((limit) => row.includes(limit))));
  await screen.submit("hello plan:bash");
  const rows = await lineWith(screen, 30_000, ...limits);
  checks.check(
    `after a turn it shows ${limits.join(" and ")} from stdin`,
    rows !== null,
    rows ?? (await statusRows(screen)),
  );
  checks.same("nobody else started claude", world.starts.length, 1);
  await screen.submit("/exit");
  checks.same("claude ends", await screen.ended(20_000), 0);
  checks.check("no process is left", (await until(15_000, () => processesWith(world.root).length === 0)) !== null);
  checks.same("the logger created no file and no folder", changesIn(before, treeOf(world.pets)), []);
}
