import { closeSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { killTree, MARK } from "../monitoring/claude/process-tree.ts";
import { environment } from "../utils/config.ts";
import { systemClock } from "../utils/clock.ts";
import { ISOLATED, placesOf, selfCommand } from "../utils/paths.ts";
import { readSmall, within } from "../utils/small-files.ts";
import { duration, printable } from "../utils/terminal.ts";
import { commandIn } from "./command.ts";
import {
  CONTROL_FD,
  HANDOVER,
  type Handover,
  keptName,
  keptOf,
  keptOutputs,
  MAX_BYTES,
  MAX_LOOK_BYTES,
  sessionIn,
  SIGNALS,
  USABLE_MS,
} from "./kept-output.ts";
import { supervise } from "./previous.ts";

/** Milliseconds that the previous command may take altogether, and for which the line waits for it from its first input on. */
const LIMIT_MS = 5_000;
const PATIENCE_MS = 700;
/** What is left of that at least when our line has been shown. */
const LEAST_MS = 50;
/** How long the line waits for a supervisor that is ending its command. */
const ENDING_MS = 400;
/** A kept output that is older is marked with its age. */
const FRESH_MS = 10_000;

/** The word that makes this program the supervisor. */
const SUPERVISE = "previous";

/** What is shown under our line: a previous command as `sh` takes it, or null. */
export type Previous = string | null;

/**
 * Runs our line and the previous command side by side on the same input and returns what to show: ours, whatever becomes
 * of the other, and under it what the other printed, if it succeeds in time; else what it printed last, as kept in
 * `directory`. The command runs under a supervisor (previous.ts), which ends it and all that it started after `limitMs`, or when this
 * process is killed. The input may never end: each part of it is handed to both as it comes, and the previous command sees
 * its end as soon as our line has read enough.
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
  const seen = new Beginning();
  const pumped = pump(input, [line.stdin, ...(run ? [run.stdin] : [])], (part) => seen.add(part));
  const shown = await textOf(line.stdout, line.exited);
  pumped.stop();
  const left = Math.max(seen.at + PATIENCE_MS - performance.now(), LEAST_MS);
  const printed = run && (await within(Promise.race([run.output, ended.promise]), left));
  run?.leave();
  for (const signal of SIGNALS) process.off(signal, end);
  const under = printed ?? (previous && directory && (await lastOutput(previous, directory, seen.session())));
  return [shown, printable(under ?? "", { colour: "any", links: true })]
    .map((text) => text.trimEnd())
    .filter((text) => text.trim() !== "")
    .join("\n");
}

/** When the input began, on the clock of performance.now(), and the session in it. */
class Beginning {
  at = performance.now();
  readonly #parts: Uint8Array[] = [];
  #size = 0;

  add(part: Uint8Array): void {
    if (this.#size === 0) this.at = performance.now();
    if (this.#size < MAX_LOOK_BYTES) this.#parts.push(part.slice());
    this.#size += part.length;
  }

  session(): string | null {
    return sessionIn(Buffer.concat(this.#parts).toString());
  }
}

/** A run of the previous command under its supervisor. */
interface Run {
  readonly stdin: Bun.FileSink;
  /** What it printed, "" where it failed; null where another run for the session is under way or the supervisor was killed. */
  readonly output: Promise<string | null>;
  /** Ends it, with all that it started. */
  kill(): Promise<void>;
  /** Leaves it to its supervisor. */
  leave(): void;
}

/** Starts a supervisor with its command; null where that fails. */
function start(handover: Handover): Run | null {
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
        if (answer === null) await within(supervisor.exited, ENDING_MS);
        // A supervisor that was killed left its command running.
        if (supervisor.signalCode !== null) await killTree(null, handover.mark);
        return answer;
      }),
      async kill() {
        close();
        await within(supervisor.exited, ENDING_MS);
      },
      leave() {
        try {
          if (isOpen) writeSync(control, "done");
        } catch {
          // It has ended already.
        }
        close();
        supervisor.unref();
      },
    };
  } catch {
    return null;
  }
}

/** What a supervisor hands over: "+" and the output, "-" where the command failed, nothing where it did not come to its end. */
async function answerOf(stdout: ReadableStream<Uint8Array>): Promise<string | null> {
  const answer = await textOf(stdout, null);
  return answer.startsWith("+") ? answer.slice(1) : answer === "-" ? "" : null;
}

/** The kept output of a command for a session, marked with its age where it is not of now; null where none is kept. */
async function lastOutput(command: string, directory: string, session: string | null): Promise<string | null> {
  const kept = keptOf(await within(readSmall(`${directory}/${keptName(command, session)}`, 4 * MAX_BYTES)));
  if (kept === null || kept.text.trim() === "") return null;
  const age = systemClock.now() - kept.at;
  if (age > USABLE_MS) return null;
  if (age <= FRESH_MS) return kept.text;
  const [first = "", ...rest] = kept.text.trimStart().split("\n");
  return [`${first.trimEnd()}${first.includes("\x1b") ? "\x1b[0m" : ""}  stale ${duration(age)}`, ...rest].join("\n");
}

/** The program that supervises a previous command: this file under another name. */
function supervisorCommand(): string[] {
  if (Bun.isStandaloneExecutable) return [process.execPath, "chain", SUPERVISE];
  // Of a bundle the build makes import.meta.path the place where it was built.
  const file = Bun.main.endsWith(".js") ? Bun.main.replace(/[^\\/]+$/, "chain.js") : import.meta.path;
  return [process.execPath, ...ISOLATED, file, SUPERVISE];
}

/** Hands input on until it ends or is told to stop; then the receivers see its end. Receivers that are gone are no error. */
function pump(
  input: ReadableStream<Uint8Array>,
  receivers: readonly Bun.FileSink[],
  look: (part: Uint8Array) => void,
): { stop: () => void } {
  const reader = input.getReader();
  const each = (act: (sink: Bun.FileSink) => unknown): void => {
    for (const sink of receivers) {
      try {
        Promise.resolve(act(sink)).catch(() => undefined);
      } catch {
        // It does not read any more.
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
      look(value);
      each((sink) => (sink.write(value), sink.flush()));
    }
  };
  go().catch(stop);
  return { stop };
}

/** What is printed until the stream ends, or shortly after its process exits; at most MAX_BYTES and a sign. */
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

/** The previous command that `install --chain` remembered for this configuration directory. Plain code: it runs at every refresh. */
async function remembered(): Promise<Previous> {
  const places = placesOf(environment());
  try {
    const { lines } = JSON.parse((await within(readSmall(`${places.pets}/install.json`, 1_048_576))) ?? "{}");
    return commandIn(JSON.parse(lines[resolve(places.config)].previous));
  } catch {
    return null;
  }
}

/** One refresh of the chained line, as a whole process: always prints something and exits 0. */
export async function runChain(ours: readonly string[] = selfCommand("statusline")): Promise<void> {
  if (process.argv.at(-1) === SUPERVISE) return supervise();
  const directory = keptOutputs(placesOf(environment()));
  const shown = await chain(Bun.stdin.stream(), ours, await remembered(), LIMIT_MS, directory).catch(() => "");
  console.log(shown === "" ? "pawprint: the line could not be shown" : shown);
  process.exit(0);
}

if (/[\\/]chain\.[jt]s$/.test(Bun.main)) {
  const line = Bun.main.replace(/chain\.js$/, "statusline.js").replace(/setup\/chain\.ts$/, "statusline.ts");
  void runChain([process.execPath, ...ISOLATED, line]);
}
