import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "../../src/setup/bundle.ts";
import { ISOLATED } from "../../src/utils/paths.ts";

/**
 * The bundle, as it is installed, built once per test run. It lies outside of the checkout: some doors run as a user who
 * may not reach that, and no package.json may stand above an installed door.
 */
const root = join(import.meta.dir, "../..");
const dist = join(tmpdir(), `pawprint-dist-${process.getuid?.() ?? 0}-${Bun.hash(realpathSync(root)).toString(36)}`);
await bundle(dist, root);

/** The path of a door of the bundle. */
export const doorPath = (door: "statusline" | "cli"): string => join(dist, `${door}.js`);

/** Stdin documents recorded from the real program. */
export const recorded = join(import.meta.dir, "../fixtures/statusline");

/** What a door is given. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Text for stdin; null keeps it open and silent. */
  readonly stdin?: string | Uint8Array | null;
  /** Keep stdin open behind the text. */
  readonly open?: boolean;
  readonly cwd?: string;
}

/** What came of it. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A home of its own for a test, and how the doors are run in it. */
export interface Home extends Disposable {
  readonly path: string;
  readonly logs: string;
  /** Runs a door of this checkout in a folder of the home with this environment, as a whole process. */
  run(door: "statusline" | "cli", args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Starts one that goes on. */
  start(door: "cli", args: readonly string[], env: Readonly<Record<string, string>>): Bun.Subprocess;
  /** The lines of a log so far. */
  lines(kind: string): string[];
  /** Waits until a condition holds; throws after 20 seconds. */
  until(holds: () => boolean, what: string): Promise<void>;
}

/** A fresh home directory; `logs` is where the doors log when logging is on. */
export function freshHome(): Home {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-home-")));
  const logs = join(path, "logs");
  mkdirSync(join(path, "project"));
  return {
    path,
    logs,
    run: (door, args, options = {}) => run(path, door, args, options),
    start: (door, args, env) =>
      Bun.spawn([process.execPath, ...ISOLATED, doorPath(door), ...args], {
        cwd: join(path, "project"),
        env: { ...bare(path), ...env },
        stdio: ["ignore", "ignore", "ignore"],
      }),
    lines: (kind) => linesOf(join(path, "logs", `${kind}.jsonl`)),
    until,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

async function run(
  home: string,
  door: "statusline" | "cli",
  args: readonly string[],
  options: RunOptions,
): Promise<Ran> {
  const { env = {}, stdin = "", open = false, cwd = join(home, "project") } = options;
  const child = Bun.spawn([process.execPath, ...ISOLATED, doorPath(door), ...args], {
    cwd,
    env: { ...bare(home), ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A door that answers early closes its end; that is its right.
  const writes = async (): Promise<void> => {
    if (stdin !== null) await child.stdin.write(stdin);
    await child.stdin.flush();
    if (stdin !== null && !open) await child.stdin.end();
  };
  await writes().catch(() => undefined);
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, out, err };
}

/** The environment of a machine on which there is no Claude Code. */
const bare = (home: string): Record<string, string> => ({
  PATH: "/usr/bin:/bin",
  HOME: home,
  PET_CLAUDE_COMMAND: "/nonexistent/claude",
});

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Bun.nanoseconds() + 20e9;
  while (!holds()) {
    if (Bun.nanoseconds() > end) throw new Error(`never: ${what}`);
    await Bun.sleep(20);
  }
}
