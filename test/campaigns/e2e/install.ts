import { chmodSync, cpSync, existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Checks } from "./checks.ts";
import { at, REPOSITORY, type World } from "./world.ts";

/** Number of equal bytes at the start and at the end of two texts, at most the length of the shorter one. */
function sharedBytes(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < most - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return start + end;
}

/** Runs `install --log` in the fake home; returns false if the test cannot continue. */
export async function checkInstall(checks: Checks, world: World, cli: string): Promise<boolean> {
  const { settings } = world.user;
  const before = readFileSync(settings, "utf8");
  const run = await world.run([process.execPath, cli, "install", "--log"], REPOSITORY);
  if (!checks.check("install --log exits 0", run.status === 0, run.status === 0 ? "" : run)) return false;
  checks.check("install --log says that the e-mail address will be recorded", /e-?mail/i.test(run.out + run.err));

  const after = readFileSync(settings, "utf8");
  const line = at(JSON.parse(after), "statusLine");
  checks.check(
    "settings.json runs a command every 10 s",
    at(line, "type") === "command" && at(line, "refreshInterval") === 10,
    line,
  );
  const command = String(at(line, "command"));
  checks.check("the command starts with a quoted absolute path", /^(["'])\/[^"']+\1/.test(command), command);
  const kept = sharedBytes(before, after);
  checks.check("every byte of the settings is kept", kept === before.length, `${kept} of ${before.length}`);

  const dotenv = (): string => (existsSync(`${world.pets}/.env`) ? readFileSync(`${world.pets}/.env`, "utf8") : "");
  const env = dotenv();
  checks.check("~/.claude/pets/.env turns logging on", /^PET_USAGE_LOGGING_ENABLED=true$/m.test(env));
  checks.check("~/.claude/pets/.env names the log directory", env.includes(world.logs), env.trim().split("\n"));

  const again = await world.run([process.execPath, cli, "install", "--log"], REPOSITORY);
  const same = readFileSync(settings, "utf8") === after && dotenv() === env;
  checks.check("a second install changes nothing", again.status === 0 && same);
  return env !== "";
}

/** Runs `pawprint` as npm would put it on PATH, in the hostile folder. */
export async function checkCommand(checks: Checks, world: World, cli: string): Promise<void> {
  const { project } = world.user;
  const program = `${world.root}/package/dist/${basename(cli)}`;
  cpSync(dirname(cli), dirname(program), { recursive: true });
  chmodSync(program, 0o755);
  const version = await world.run([program, "--version"], project);
  checks.check(
    "pawprint --version runs in the hostile folder",
    version.status === 0 && version.out.includes("0."),
    version,
  );
  const doctor = await world.run([program, "doctor"], project);
  checks.check("pawprint doctor finds nothing broken", doctor.status === 0, doctor.status === 0 ? "" : doctor);
  checks.note(doctor.out.trim());
  const logs = await world.run([program, "logs", "usage"], project);
  const printed = logs.out.split("\n").filter(Boolean).length;
  const written = world.log("usage").length;
  checks.check(
    "pawprint logs finds the user's log from there",
    logs.status === 0 && printed === written,
    `${printed} of ${written} records`,
  );
}

/** Runs `uninstall` and checks that nothing of ours is left in the settings. */
export async function checkUninstall(checks: Checks, world: World, cli: string, before: string): Promise<void> {
  const run = await world.run([process.execPath, cli, "uninstall"], REPOSITORY);
  checks.check("uninstall exits 0", run.status === 0, run.status === 0 ? "" : run);
  const after = readFileSync(world.user.settings, "utf8");
  checks.check(
    "settings.json is restored byte for byte",
    after === before,
    after === before ? `${after.length} bytes` : { before, after },
  );
}

const mode = (path: string): string => (existsSync(path) ? (statSync(path).mode & 0o777).toString(8) : "none");

/** Checks that nobody else can read the log. */
export function checkPrivate(checks: Checks, world: World, names: readonly string[]): void {
  const modes = names.map((name) => mode(`${world.logs}/${name}`));
  checks.same("the log directory has mode 700", mode(world.logs), "700");
  checks.same(
    `${names.join(", ")} have mode 600`,
    modes,
    names.map(() => "600"),
  );
}
