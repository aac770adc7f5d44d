import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Checks } from "../e2e/checks.ts";

/** The checkout. */
export const root = join(import.meta.dir, "../../..");
/** All checks of this run. */
export const checks = new Checks();
/** Only what is installed is in a temporary folder; Node and the Bun of this run are not. */
export const world = mkdtempSync(join(tmpdir(), "packages-"));
const libc = readFileSync(process.execPath).subarray(0, 4_096).includes("ld-musl-") ? "-musl" : "";
/** The name of this platform. */
export const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}${libc}`;

/** The output and exit status of a program. */
export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

/** Runs a program, for five minutes at most. */
export async function run(
  command: readonly string[],
  env: Record<string, string>,
  stdin = "",
  cwd = world,
): Promise<Ran> {
  const child = Bun.spawn([...command], { cwd, env, stdio: [new Blob([stdin]), "pipe", "pipe"], timeout: 300_000 });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, code };
}

/** What a program wrote to stderr at last, if it failed. */
export const problemOf = ({ code, err }: Ran): string => (code === 0 ? "" : err.slice(-500).trim());

/** A folder with links to programs, for a PATH with nothing else. */
export function folderOf(name: string, programs: Readonly<Record<string, string | null>>): string {
  const folder = join(world, name);
  mkdirSync(folder);
  for (const [link, path] of Object.entries(programs)) if (path) symlinkSync(path, join(folder, link));
  return folder;
}

/** The environment of a new user. */
export function userOf(name: string, path: string, registry: string): Record<string, string> {
  const home = join(world, name);
  mkdirSync(home);
  const quiet = { npm_config_update_notifier: "false", npm_config_fund: "false", npm_config_audit: "false" };
  return {
    HOME: home,
    PATH: path,
    npm_config_registry: registry,
    BUN_CONFIG_REGISTRY: registry,
    TMPDIR: world,
    ...quiet,
  };
}

/** An empty project of npm. */
export function projectIn(name: string): string {
  const project = join(world, name);
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), "{}");
  return project;
}

const commandOf = (home: string): string => {
  const settings: { statusLine: { command: string } } = JSON.parse(
    readFileSync(join(home, ".claude/settings.json"), "utf8"),
  );
  return settings.statusLine.command;
};

/** Installs the line with `program`, and checks that its command needs nothing but `isDirect` accepts. */
export async function checkLine(
  how: string,
  program: readonly string[],
  env: Record<string, string>,
  isDirect: (command: string) => boolean,
) {
  const home = env["HOME"] ?? "";
  const installed = await run([...program, "install"], env);
  if (!checks.check(`${how}: install sets the line`, installed.code === 0, problemOf(installed))) return;
  const command = commandOf(home);
  checks.check(
    `${how}: the line's command is direct`,
    isDirect(command) && !/\bnode\b|npx|launcher/.test(command.replaceAll(home, "")),
    command.replaceAll(world, ""),
  );
  const line = await run(
    ["/bin/sh", "-c", command],
    { HOME: home, PATH: "/nothing" },
    '{"session_id":"s1","model":{"display_name":"Opus 5"}}',
  );
  checks.check(
    `${how}: the line is shown with an empty PATH`,
    line.code === 0 && line.out.includes("Opus 5"),
    line.out.split("\n")[0],
  );
  const upgrade = await run([join(home, ".claude/pets/bin/pawprint"), "upgrade"], {
    HOME: home,
    PATH: "/usr/bin:/bin",
  });
  checks.check(
    `${how}: the installed copy knows where it is from`,
    upgrade.out.includes(`from ${how}`),
    upgrade.out.split("\n")[1],
  );
  const removed = await run([...program, "uninstall"], env);
  checks.check(
    `${how}: uninstall takes it out`,
    removed.code === 0 && !existsSync(join(home, ".claude/pets/bin")),
    problemOf(removed),
  );
}
