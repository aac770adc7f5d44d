import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type LogFiles, logFiles } from "../../../src/monitoring/LogFiles.ts";
import { PAUSE_MS } from "../../../src/model/state.ts";
import { sessionOf } from "../../../src/model/session.ts";
import { ISOLATED, placesOf } from "../../../src/utils/paths.ts";
import { entryPath, freshHome, machineTime, recorded } from "../../entry-points/program.ts";
import { bunForNobody } from "./capabilities.ts";
import { filesOf } from "./numbered.ts";

/** A recorded stdin document after a turn, with limits. */
export const turn = readFileSync(join(recorded, "stdin-6-after-tools-oauth-rate_limits.json"), "utf8");
const fixtures = join(dirname(recorded), "control");

/** How an entry point is started. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments before the command: a tracer, another user, or a shell that sets limits. */
  readonly through?: readonly string[];
  /** Fields that replace those of the recorded document. */
  readonly document?: object;
  /** The entry point is killed after this time, milliseconds. */
  readonly limitMs?: number;
  readonly stdout?: "pipe" | Bun.BunFile;
}

/** How an entry point ended. */
export interface EndedProcess {
  readonly code: number | null;
  readonly rows: readonly string[];
  readonly err: string;
  readonly ms: number;
  /** Whether it had to be killed. */
  readonly isHung: boolean;
}

/** A home with logging on and a fake Claude Code, in which line, worker and doctor run as processes. */
export interface Harness extends Disposable {
  readonly home: string;
  readonly logs: string;
  readonly files: LogFiles;
  /** The file that the fake Claude Code writes when it is asked. */
  readonly asked: string;
  readonly env: Readonly<Record<string, string>>;
  line(start?: StartOptions): Promise<EndedProcess>;
  worker(start?: StartOptions): Promise<EndedProcess>;
  /** Names of the checks that doctor reports as broken or as a note. */
  doctor(start?: StartOptions): Promise<{ broken: string[]; notes: string[] }>;
  /** Ids of the complete records of a kind, oldest first; "torn" for an invalid line. */
  ids(kind: string): string[];
}

/** Creates a harness whose program takes between two times to answer, milliseconds. */
export function freshHarness(
  settings: Readonly<Record<string, string>> = {},
  delay: readonly [number, number] = [0, 0],
): Harness {
  const home = freshHome(machineTime);
  const { logs } = home;
  const env = {
    ...home.env,
    COLUMNS: "220",
    PET_USAGE_LOGGING_ENABLED: "true",
    PET_LOG_DIR: logs,
    PET_CLAUDE_COMMAND: program(join(home.path, "program"), delay),
    ...settings,
  };
  // The bundle may be in a folder that only this user can enter, but some entry points run as another user.
  chmodSync(dirname(entryPath("cli")), 0o755);
  const entryFile = (name: "statusline" | "cli", ...args: string[]): string[] => [
    bunForNobody(),
    ...ISOLATED,
    entryPath(name),
    ...args,
  ];
  const start = (command: string[], stdin: string, given: StartOptions): Promise<EndedProcess> =>
    run([...(given.through ?? []), ...command], home.path, { ...env, ...given.env }, stdin, given);
  const document = (given: StartOptions): object => ({ ...(JSON.parse(turn) as object), ...given.document });
  return {
    home: home.path,
    logs,
    env,
    asked: join(home.path, "program", "asked"),
    files: logFiles(logs, placesOf(env, "/").scope),
    line: (given = {}) => start(entryFile("statusline"), JSON.stringify(document(given)), given),
    worker: (given = {}) => {
      const session = JSON.stringify(sessionOf(document(given)));
      return start(entryFile("cli", "worker"), "", { ...given, env: { PAWPRINT_SESSION: session, ...given.env } });
    },
    async doctor(given = {}) {
      const { rows } = await start(entryFile("cli", "doctor", "--json"), "", given);
      const { checks } = JSON.parse(rows.join("\n")) as { checks: { name: string; state: string }[] };
      const named = (state: string): string[] => checks.filter((one) => one.state === state).map(({ name }) => name);
      return { broken: named("broken"), notes: named("note") };
    },
    ids: (kind) => filesOf(join(logs, `${kind}.jsonl`)).flatMap(idsIn),
    [Symbol.dispose]: () => home[Symbol.dispose](),
  };
}

async function run(
  command: string[],
  cwd: string,
  env: object,
  stdin: string,
  given: StartOptions,
): Promise<EndedProcess> {
  const started = performance.now();
  const child = Bun.spawn(command, {
    cwd: join(cwd, "project"),
    env: env as Record<string, string>,
    stdin: new TextEncoder().encode(stdin),
    stdout: given.stdout ?? "pipe",
    stderr: "pipe",
  });
  let isHung = false;
  const timer = setTimeout(() => {
    isHung = true;
    child.kill("SIGKILL");
  }, given.limitMs ?? 30_000);
  const output = child.stdout instanceof ReadableStream ? child.stdout.text() : Promise.resolve("");
  const [out, err] = await Promise.all([output, child.stderr.text(), child.exited]);
  clearTimeout(timer);
  const rows = out
    .split("\n")
    .slice(0, -1)
    .map((row) => Bun.stripANSI(row));
  return { code: child.exitCode, rows, err, ms: performance.now() - started, isHung };
}

function idsIn(file: string): string[] {
  if (!isFile(file)) return [];
  const text = readFileSync(file, "utf8");
  const lines = text.split("\n");
  if (text === "" || text.endsWith("\n")) lines.pop();
  return lines.map((line) => {
    try {
      return (JSON.parse(line) as { id: string }).id;
    } catch {
      return "torn";
    }
  });
}

/** Writes a program that gives the recorded answers of Claude Code, after a delay between two bounds. */
function program(directory: string, [from, to]: readonly [number, number]): string {
  mkdirSync(directory);
  for (const name of ["get_usage", "get_status"]) {
    const response: unknown = JSON.parse(readFileSync(join(fixtures, `oauth-seed.${name}.json`), "utf8"));
    const answer = { type: "control_response", response: { subtype: "success", request_id: name, response } };
    writeFileSync(join(directory, `${name}.jsonl`), `${JSON.stringify(answer)}\n`);
  }
  writeFileSync(join(directory, "doctor.txt"), readFileSync(join(fixtures, "../cli/key-doctor.stdout")));
  const wait = to === 0 ? "" : `sleep "$(printf '0.%03d' $(($$ % ${to - from} + ${from})))"`;
  const script = `#!/bin/sh
here=\${0%/*}
case "$*" in
*stream-json*)
  { true >"$here/asked"; } 2>/dev/null
  ${wait}
  while read -r line; do
    case "$line" in
    *get_usage*) cat "$here/get_usage.jsonl" ;;
    *get_status*) cat "$here/get_status.jsonl" ;;
    esac
  done ;;
*"auth status") echo '{"loggedIn":true,"authMethod":"claude.ai","email":"dev@example.com"}' ;;
*doctor) cat "$here/doctor.txt" ;;
--version) echo "2.1.328 (Claude Code)" ;;
esac
`;
  writeFileSync(join(directory, "claude"), script, { mode: 0o755 });
  return join(directory, "claude");
}

/**
 * Simulates that a pause after a failure has passed: moves back the time in the name of the pause file, and the time of the
 * next attempt in the state, by the length of a pause. Changes nothing else.
 */
export function skipPause({ run: directory, state }: LogFiles): void {
  for (const name of existsSync(directory) ? readdirSync(directory) : []) {
    const [, code, second] = /^pause-([A-Za-z_]+)-(\d+)$/.exec(name) ?? [];
    if (second === undefined) continue;
    const passed = Number(second) - PAUSE_MS / 1_000;
    renameSync(join(directory, name), join(directory, `pause-${code}-${passed}`));
  }
  if (!isFile(state)) return;
  const { trouble, ...rest } = JSON.parse(readFileSync(state, "utf8")) as { trouble: { retry_at: string } | null };
  if (trouble === null) return;
  const retry_at = new Date(Date.parse(trouble.retry_at) - PAUSE_MS).toISOString();
  writeFileSync(state, JSON.stringify({ ...rest, trouble: { ...trouble, retry_at } }));
}

/** Whether it is a regular file; planted files must not be read. */
const isFile = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
