import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Command, Context } from "../../src/commands/contract.ts";
import { install } from "../../src/commands/install.ts";
import { uninstall } from "../../src/commands/uninstall.ts";
import { type Environment, readSettings } from "../../src/utils/config.ts";
import { placesOf } from "../../src/utils/paths.ts";

const repository = join(import.meta.dir, "../..");

/** A line that answers at the first complete document, and a program with two commands; small, so that builds are fast. */
const STATUSLINE = `
async function main() {
  let text = "";
  for await (const part of Bun.stdin.stream()) {
    text += new TextDecoder().decode(part);
    try { JSON.parse(text); break; } catch {}
  }
  console.log("line of " + JSON.parse(text).session_id + " VERSION " + (process.env.HOSTILE ?? "calm"));
  const { later } = await import("./later.ts");
  later();
  process.exit(0);
}
main();
`;
const CLI = `#!/usr/bin/env -S bun --no-env-file --config=/dev/null --tsconfig-override=/dev/null
import { chain } from "${repository}/src/commands/chain.ts";
const [first] = process.argv.slice(2);
if (first === "--version") console.log("VERSION");
else if (first === "statusline") void import("./statusline.ts");
else void chain.run();
`;

/** A separate machine for a test: a home directory and a small checkout to install from. */
export interface Harness {
  readonly directory: string;
  readonly home: string;
  readonly pets: string;
  readonly settings: string;
  readonly root: string;
  /** Everything printed by commands so far. */
  readonly printed: string[];
  read(path: string): string;
  write(path: string, text: string): void;
  /** Writes another version of the checkout. */
  version(name: string): void;
  run(command: Command, options?: Context["options"], env?: Environment): Promise<number>;
  install(...options: string[]): Promise<Result>;
  uninstall(...options: string[]): Promise<Result>;
  /** Every file below the home with its bytes, mode and time, to check that nothing changed. */
  state(): Record<string, string>;
  [Symbol.dispose](): void;
}

/** The output of a command with --json. */
export type Result = Record<string, unknown> & { command: string; files: string[]; diff: string };

/** Creates a harness in the temporary directory; `name` is part of every path. */
export function harness(name = "harness"): Harness {
  const directory = mkdtempSync(join(tmpdir(), `${name}-`));
  const home = join(directory, "home");
  const root = join(directory, "checkout");
  const pets = join(home, ".claude/pets");
  const printed: string[] = [];
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const version = (text: string): void => {
    write(join(root, "src/statusline.ts"), STATUSLINE.replace("VERSION", text));
    write(join(root, "src/later.ts"), `export const later = () => "${text}";`);
    write(join(root, "src/cli.ts"), CLI.replace("VERSION", text));
  };
  version("1");
  symlinkSync(join(repository, "src/install"), join(root, "src/install"));
  mkdirSync(home);
  const run: Harness["run"] = (command, options = {}, env = {}) =>
    command.run(contextOf({ HOME: home, PATH: dirname(Bun.which("bun") ?? ""), ...env }, root, options, printed));
  const json = async (command: Command, options: readonly string[]): Promise<Result> => {
    await run(command, Object.fromEntries([...options, "json"].map((option) => [option, true as const])));
    return JSON.parse(printed.at(-1) ?? "");
  };
  return {
    directory,
    home,
    pets,
    settings: join(home, ".claude/settings.json"),
    root,
    printed,
    read: (path) => readFileSync(path, "utf8"),
    write,
    version,
    run,
    install: (...options) => json(install, options),
    uninstall: (...options) => json(uninstall, options),
    state: () => stateOf(home),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** The context that cli.ts would give a command. */
export function contextOf(env: Environment, root: string, options: Context["options"], printed: string[]): Context {
  return {
    args: [],
    options,
    env,
    places: placesOf(env, root),
    ...readSettings([env]),
    clock: { now: () => Date.parse("2026-11-20T10:39:00.123Z"), sleep: (ms) => Bun.sleep(ms) },
    entryFile: join(import.meta.dir, "../../src/cli.ts"),
    terminal: { colour: false, columns: 100 },
    // The Bun of the tests counts as permanent even if npx installed it; only one in a harness's own cache does not.
    bunLasts: !process.execPath.includes("/_npx/1a2b/"),
    commands: () => Promise.resolve([]),
    print: (line) => void printed.push(line),
    warn: (line) => void printed.push(line),
  };
}

function stateOf(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).toSorted();
  return Object.fromEntries(
    names.map((name) => {
      const stat = statSync(join(directory, name));
      const content = stat.isFile() ? Bun.hash(readFileSync(join(directory, name))) : "directory";
      return [name, `${content} ${(stat.mode & 0o777).toString(8)} ${stat.isFile() ? stat.mtimeMs : ""}`];
    }),
  );
}

/** Runs a statusLine command as Claude Code does, with sh and stdin held open; returns its output, exit status and duration. */
export async function refresh(
  command: string,
  where: { cwd: string; env: Record<string, string>; close?: boolean; input?: string },
): Promise<{ out: string; code: number; ms: number }> {
  const started = performance.now();
  const shown = Bun.spawn(["/bin/sh", "-c", command], {
    cwd: where.cwd,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", ...where.env },
    stdio: ["pipe", "pipe", "ignore"],
    timeout: 20_000,
  });
  const input = where.input ?? '{"session_id":"s1","cwd":"/"}';
  await Promise.resolve(shown.stdin.write(input)).catch(() => undefined);
  await Promise.resolve(shown.stdin.flush()).catch(() => undefined);
  if (where.close) await Promise.resolve(shown.stdin.end()).catch(() => undefined);
  const out = await shown.stdout.text();
  const code = await shown.exited;
  return { out, code, ms: performance.now() - started };
}
