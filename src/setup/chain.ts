import { resolve } from "node:path";
import { environment } from "../utils/config.ts";
import { ISOLATED, placesOf, readSmall, selfCommand, within } from "../utils/paths.ts";
import { commandIn } from "./command.ts";

/** How long the previous command may take, ms; our own line, which needs about ten, may take half of it. */
const LIMIT_MS = 5_000;
const MAX_BYTES = 262_144;

/** What is shown under our line: a previous command as `sh` takes it, or null. */
export type Previous = string | null;

/**
 * Runs our line and the previous command side by side on the same input and returns what to show: ours, whatever becomes
 * of the other, and under it what the other printed, if it succeeds in time. The input may never end: each part of it is
 * handed to both as it comes, and the previous command sees its end as soon as our line has read enough.
 */
export async function chain(
  input: ReadableStream<Uint8Array>,
  ours: readonly string[],
  previous: Previous,
  limitMs: number = LIMIT_MS,
): Promise<string> {
  let other: Bun.Subprocess<"pipe", "pipe", "ignore"> | null = null;
  const endOther = (): void => {
    if (other) endGroup(other.pid);
  };
  const end = (): void => {
    endOther();
    process.exit(0);
  };
  process.once("SIGTERM", end);
  const line = Bun.spawn([...ours], { stdio: ["pipe", "pipe", "ignore"], timeout: limitMs / 2, killSignal: "SIGKILL" });
  const shell = process.platform === "win32" ? "sh" : "/bin/sh";
  if (previous !== null) {
    other = Bun.spawn([shell, "-c", previous], { stdio: ["pipe", "pipe", "ignore"], detached: true });
  }
  const timer = setTimeout(endOther, limitMs);
  const pumped = pump(input, [line.stdin, ...(other ? [other.stdin] : [])]);
  const under = other ? textOf(other.stdout, other.exited) : "";
  const shown = await textOf(line.stdout, line.exited);
  pumped.stop();
  const printed = await under;
  clearTimeout(timer);
  process.off("SIGTERM", end);
  return [shown, other?.exitCode === 0 ? printed : ""]
    .map((text) => text.trimEnd())
    .filter((text) => text.trim() !== "")
    .join("\n");
}

/** Hands input on until it ends or is told to stop; then the receivers see its end. Receivers that are gone are no error. */
function pump(input: ReadableStream<Uint8Array>, receivers: readonly Bun.FileSink[]): { stop: () => void } {
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
      each((sink) => (sink.write(value), sink.flush()));
    }
  };
  go().catch(stop);
  return { stop };
}

/** What a process prints until it exits, at most 256 KB; a child of its own that keeps the pipe open is not waited for. */
async function textOf(stream: ReadableStream<Uint8Array>, exited: Promise<number>): Promise<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  const grace = exited.then(() => Bun.sleep(50));
  let text = "";
  while (text.length < MAX_BYTES) {
    const part = await Promise.race([reader.read(), grace]);
    if (!part?.value) break;
    text += decoder.decode(part.value, { stream: true });
  }
  reader.cancel().catch(() => undefined);
  await exited;
  return text;
}

/** Ends a process that leads a group of its own, with all that it started. */
function endGroup(pid: number): void {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // It is gone, which is what is wanted.
  }
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
  const shown = await chain(Bun.stdin.stream(), ours, await remembered()).catch(() => "");
  console.log(shown === "" ? "pawprint: the line could not be shown" : shown);
  process.exit(0);
}

if (/[\\/]chain\.js$/.test(Bun.main)) {
  const line = Bun.main.replace(/chain\.js$/, "statusline.js");
  void runChain([process.execPath, ...ISOLATED, line]);
}
