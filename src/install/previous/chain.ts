import { closeSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { killTree, MARK } from "../../claude/process-tree.ts";
import { environment } from "../../utils/config.ts";
import { systemClock } from "../../utils/clock.ts";
import { ISOLATED, placesOf, selfCommand } from "../../utils/paths.ts";
import { readSmall, withTimeout } from "../../utils/small-files.ts";
import { duration, printable } from "../../utils/terminal.ts";
import { commandIn } from "../command.ts";
import {
  CONTROL_FD,
  HANDOVER,
  type Handover,
  keptOutputName,
  parseKeptOutput,
  keptOutputDirectory,
  MAX_BYTES,
  MAX_SEARCH_BYTES,
  sessionIn,
  SIGNALS,
  USABLE_MS,
} from "./kept-output.ts";
import { supervise } from "./supervisor.ts";

/** Timeout of the previous command, and how long the line waits for it after its first input, milliseconds. */
const LIMIT_MS = 5_000;
const WAIT_MS = 700;
/** Minimum time left to wait for the previous command once our line has been shown, milliseconds. */
const MIN_WAIT_MS = 50;
/** How long the line waits for a supervisor to end its command, milliseconds. */
const ENDING_MS = 400;
/** A kept output older than this is shown with its age, milliseconds. */
const FRESH_MS = 10_000;

/** The argument that makes this program run as the supervisor. */
const SUPERVISE = "previous";

/** The previous command, as a command line for `sh`; null if there is none. */
export type Previous = string | null;

/**
 * Runs our line and the previous command in parallel on the same input and returns the text to show: our line, and below it
 * the output of the previous command if it succeeds in time, otherwise its last output kept in `directory`. The command runs
 * under a supervisor (supervisor.ts), which ends it and its children after `limitMs`, or when this process is killed. The
 * input may never end: each chunk is forwarded to both as it arrives, and the previous command sees the end of the input as
 * soon as our line has printed.
 */
export async function chain(
  input: ReadableStream<Uint8Array>,
  ours: readonly string[],
  previous: Previous,
  limitMs: number = LIMIT_MS,
  directory: string | null = null,
): Promise<string> {
  const line = Bun.spawn([...ours], {
    stdio: ["pipe", "pipe", "ignore"],
    timeout: limitMs * 1.4,
    killSignal: "SIGKILL",
  });
  const run = previous === null ? null : start({ command: previous, limitMs, directory, mark: crypto.randomUUID() });
  const ended = Promise.withResolvers<null>();
  const end = async (): Promise<void> => {
    line.kill("SIGKILL");
    await run?.kill();
    ended.resolve(null);
  };
  for (const signal of SIGNALS) process.once(signal, end);
  const inputStart = new InputStart();
  const pumped = pump(input, [line.stdin, ...(run ? [run.stdin] : [])], (chunk) => inputStart.add(chunk));
  const shown = await textOf(line.stdout, line.exited);
  pumped.stop();
  const left = Math.max(inputStart.at + WAIT_MS - performance.now(), MIN_WAIT_MS);
  const printed = run && (await withTimeout(Promise.race([run.output, ended.promise]), left));
  run?.leave();
  for (const signal of SIGNALS) process.off(signal, end);
  const under = printed ?? (previous && directory && (await keptOutputFor(previous, directory, inputStart.session())));
  return [shown, printable(under ?? "", { colour: "any", links: true })]
    .map((text) => text.trimEnd())
    .filter((text) => text.trim() !== "")
    .join("\n");
}

/** The time of the first input (on the clock of performance.now()) and the session id in it. */
class InputStart {
  at = performance.now();
  readonly #parts: Uint8Array[] = [];
  #size = 0;

  add(part: Uint8Array): void {
    if (this.#size === 0) this.at = performance.now();
    if (this.#size < MAX_SEARCH_BYTES) this.#parts.push(part.slice());
    this.#size += part.length;
  }

  session(): string | null {
    return sessionIn(Buffer.concat(this.#parts).toString());
  }
}

/** A run of the previous command under its supervisor. */
interface SupervisedRun {
  readonly stdin: Bun.FileSink;
  /** Its output, or "" if it failed; null if another run for the session is in progress or the supervisor was killed. */
  readonly output: Promise<string | null>;
  /** Ends the command and its children. */
  kill(): Promise<void>;
  /** Lets the supervisor continue without this process. */
  leave(): void;
}

/** Starts a supervisor; null if that fails. */
function start(handover: Handover): SupervisedRun | null {
  try {
    const supervisor = Bun.spawn(supervisorCommand(), {
      stdio: ["pipe", "pipe", "ignore", "pipe"],
      detached: true,
      env: { ...environment(), [HANDOVER]: JSON.stringify(handover), [MARK]: handover.mark },
    });
    const control = supervisor.stdio[CONTROL_FD] as unknown as number;
    let isOpen = true;
    const close = (): void => {
      if (isOpen) closeSync(control);
      isOpen = false;
    };
    return {
      stdin: supervisor.stdin,
      output: answerOf(supervisor.stdout).then(async (answer) => {
        if (answer === null) await withTimeout(supervisor.exited, ENDING_MS);
        // A killed supervisor leaves its command running.
        if (supervisor.signalCode !== null) await killTree(null, handover.mark);
        return answer;
      }),
      async kill() {
        close();
        await withTimeout(supervisor.exited, ENDING_MS);
      },
      leave() {
        try {
          if (isOpen) writeSync(control, "done");
        } catch {
          // The supervisor has already exited.
        }
        close();
        supervisor.unref();
      },
    };
  } catch {
    return null;
  }
}

/** Reads a supervisor's answer: "+" and the output; "-" if the command failed; nothing if the command did not finish. */
async function answerOf(stdout: ReadableStream<Uint8Array>): Promise<string | null> {
  const answer = await textOf(stdout, null);
  return answer.startsWith("+") ? answer.slice(1) : answer === "-" ? "" : null;
}

/** Returns the kept output of a command for a session, with its age if older than FRESH_MS; null if there is none. */
async function keptOutputFor(command: string, directory: string, session: string | null): Promise<string | null> {
  const kept = parseKeptOutput(
    await withTimeout(readSmall(`${directory}/${keptOutputName(command, session)}`, 4 * MAX_BYTES)),
  );
  if (kept === null || kept.text.trim() === "") return null;
  const age = systemClock.now() - kept.at;
  if (age > USABLE_MS) return null;
  if (age <= FRESH_MS) return kept.text;
  const [first = "", ...rest] = kept.text.trimStart().split("\n");
  return [`${first.trimEnd()}${first.includes("\x1b") ? "\x1b[0m" : ""}  stale ${duration(age)}`, ...rest].join("\n");
}

/** The command that starts the supervisor: this file with the argument SUPERVISE. */
function supervisorCommand(): string[] {
  if (Bun.isStandaloneExecutable) return [process.execPath, "chain", SUPERVISE];
  // In a bundle, import.meta.path is the path of the build.
  const file = Bun.main.endsWith(".js") ? Bun.main.replace(/[^\\/]+$/, "chain.js") : import.meta.path;
  return [process.execPath, ...ISOLATED, file, SUPERVISE];
}

/** Forwards input until it ends or stop() is called, then ends the receivers. Receivers that have exited are ignored. */
function pump(
  input: ReadableStream<Uint8Array>,
  receivers: readonly Bun.FileSink[],
  onChunk: (chunk: Uint8Array) => void,
): { stop: () => void } {
  const reader = input.getReader();
  const each = (act: (sink: Bun.FileSink) => unknown): void => {
    for (const sink of receivers) {
      try {
        Promise.resolve(act(sink)).catch(() => undefined);
      } catch {
        // The receiver no longer reads.
      }
    }
  };
  let stopped = false;
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    each((sink) => sink.end());
    reader.cancel().catch(() => undefined);
  };
  const go = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return stop();
      onChunk(value);
      each((sink) => (sink.write(value), sink.flush()));
    }
  };
  go().catch(stop);
  return { stop };
}

/** Reads a stream until it ends, until 50 ms after its process exits, or until MAX_BYTES are exceeded. */
async function textOf(stream: ReadableStream<Uint8Array>, exited: Promise<number> | null): Promise<string> {
  const reader = stream.getReader();
  const grace = exited?.then(() => Bun.sleep(50)).then(() => ({ value: undefined }));
  const parts: Uint8Array[] = [];
  for (let size = 0; size <= MAX_BYTES;) {
    const { value } = await (grace ? Promise.race([reader.read(), grace]) : reader.read());
    if (!value) break;
    parts.push(value);
    size += value.length;
  }
  reader.cancel().catch(() => undefined);
  await exited;
  return Buffer.concat(parts).toString();
}

/** The previous command recorded by `install` for this configuration directory. Parsed without zod, because it runs at every refresh. */
async function previousCommand(): Promise<Previous> {
  const places = placesOf(environment());
  try {
    const { lines } = JSON.parse((await withTimeout(readSmall(`${places.pets}/install.json`, 1_048_576))) ?? "{}");
    return commandIn(JSON.parse(lines[resolve(places.config)].previous));
  } catch {
    return null;
  }
}

/** Prints one refresh of the chained line and exits with 0; always prints something. */
export async function runChain(ours: readonly string[] = selfCommand("statusline")): Promise<void> {
  if (process.argv.at(-1) === SUPERVISE) return supervise();
  const directory = keptOutputDirectory(placesOf(environment()));
  const shown = await chain(Bun.stdin.stream(), ours, await previousCommand(), LIMIT_MS, directory).catch(() => "");
  console.log(shown === "" ? "pawprint: the line could not be shown" : shown);
  process.exit(0);
}

if (/[\\/]chain\.[jt]s$/.test(Bun.main)) {
  const line = Bun.main
    .replace(/chain\.js$/, "statusline.js")
    .replace(/install\/previous\/chain\.ts$/, "statusline.ts");
  void runChain([process.execPath, ...ISOLATED, line]);
}
