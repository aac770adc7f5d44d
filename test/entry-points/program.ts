import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "../../src/install/bundle.ts";
import { ISOLATED } from "../../src/utils/paths.ts";

/**
 * The bundle as it is installed, built once by each process of a test run in a separate folder. It is outside of the checkout
 * because some entry points run as a user who cannot reach that, and an installed bundle has no package.json above it. `install`
 * finds it in "dist".
 */
const root = join(import.meta.dir, "../..");
const owner = `${process.getuid?.() ?? 0}-${process.env["BUN_TEST_WORKER_ID"] ?? 0}`;
const dist = join(tmpdir(), `pawprint-${owner}-${Bun.hash(realpathSync(root)).toString(36)}`, "dist");
await bundle(dist, root);

/** The path of an entry point of the bundle. */
export const entryPath = (entryFile: "statusline" | "cli"): string => join(dist, `${entryFile}.js`);

/** Stdin documents recorded from the real program. */
export const recorded = join(import.meta.dir, "../fixtures/statusline");

/** When the documents of `recorded` were recorded, epoch milliseconds; the prompt cache of the last one expires five minutes later. */
export const RECORDED_AT = Date.parse("2026-11-20T08:46:00.000Z");

/**
 * The environment of the machine's clock if it is not the kernel's, as under faketime: an entry point started with another
 * environment must have the same clock.
 */
const machineClock: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && /^(?:LD_PRELOAD|DYLD_INSERT_LIBRARIES|FAKETIME|DONT_FAKE_MONOTONIC)$/.test(name)
      ? [[name, value] as const]
      : [],
  ),
);

/** A clock for the entry points of a test. */
export interface TestClock {
  /** Epoch milliseconds. */
  now(): number;
  /** The environment that sets the clock in an entry point and its children. */
  readonly env: Readonly<Record<string, string>>;
}

/** The machine's own clock. */
export const machineTime: TestClock = { now: () => Date.now(), env: machineClock };

/** A clock that starts at `at`, so that recorded inputs run at the time of their recording. */
export function clockAt(at: number): TestClock {
  const ahead = at - Date.now();
  return {
    now: () => Date.now() + ahead,
    env: {
      ...machineClock,
      BUN_OPTIONS: `"--preload=${join(import.meta.dir, "clock.ts")}"`,
      PAWPRINT_TEST_AHEAD_MS: String(ahead),
    },
  };
}

/** Input of an entry point. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Text for stdin; null keeps it open and silent. */
  readonly stdin?: string | Uint8Array | null;
  /** Whether to keep stdin open after the text. */
  readonly open?: boolean;
  readonly cwd?: string;
}

/** The output of an entry point and its exit status. */
export interface RunResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A separate home for a test, with functions to run the entry points in it. */
export interface Home extends Disposable {
  readonly path: string;
  readonly logs: string;
  /** The clock of all its entry points; by default at the time of the recorded documents. */
  readonly clock: TestClock;
  /** The environment of an entry point: a machine without Claude Code. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs an entry point of this checkout as a separate process in a folder of the home. */
  run(entryFile: "statusline" | "cli", args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Starts an entry point that keeps running. */
  start(entryFile: "cli", args: readonly string[], env: Readonly<Record<string, string>>): Bun.Subprocess;
  /** The lines of a log so far. */
  lines(kind: string): string[];
  /** Waits until a condition holds; throws after 20 seconds. */
  until(holds: () => boolean, what: string): Promise<void>;
}

/** Creates a home directory whose entry points use this clock; `logs` is its log directory. */
export function freshHome(clock: TestClock = clockAt(RECORDED_AT)): Home {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-home-")));
  const logs = join(path, "logs");
  mkdirSync(join(path, "project"));
  const bare = { PATH: "/usr/bin:/bin", HOME: path, PET_CLAUDE_COMMAND: "/nonexistent/claude", ...clock.env };
  return {
    path,
    logs,
    clock,
    env: bare,
    run: (entryFile, args, options = {}) => run(path, bare, entryFile, args, options),
    start: (entryFile, args, env) =>
      Bun.spawn([process.execPath, ...ISOLATED, entryPath(entryFile), ...args], {
        cwd: join(path, "project"),
        env: { ...bare, ...env },
        stdio: ["ignore", "ignore", "ignore"],
      }),
    lines: (kind) => linesOf(join(path, "logs", `${kind}.jsonl`)),
    until,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

async function run(
  home: string,
  bare: Readonly<Record<string, string>>,
  entryFile: "statusline" | "cli",
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const { env = {}, stdin = "", open = false, cwd = join(home, "project") } = options;
  const child = Bun.spawn([process.execPath, ...ISOLATED, entryPath(entryFile), ...args], {
    cwd,
    env: { ...bare, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // An entry point that answers early may close its stdin.
  const writes = async (): Promise<void> => {
    if (stdin !== null) await child.stdin.write(stdin);
    await child.stdin.flush();
    if (stdin !== null && !open) await child.stdin.end();
  };
  await writes().catch(() => undefined);
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, out, err };
}

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
