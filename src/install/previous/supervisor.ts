import { closeSync, readdirSync, statSync } from "node:fs";
import { killTree, MARK, hasProcesses } from "../../claude/process-tree.ts";
import { systemClock } from "../../utils/clock.ts";
import { environment } from "../../utils/config.ts";
import { readOwn, removeIfPresent, writeAll, writeIfMissing } from "../../utils/files.ts";
import { ensureOwnDirectory } from "../../utils/ownership.ts";
import { replaceSmall } from "../../utils/small-files.ts";
import {
  CONTROL_FD,
  HANDOVER,
  type Handover,
  keptOutputName,
  parseKeptOutput,
  MAX_BYTES,
  MAX_SEARCH_BYTES,
  sessionIn,
  SIGNALS,
  USABLE_MS,
} from "./kept-output.ts";

/** Maximum bytes of a session's id that is searched for. */
const MAX_ID_BYTES = 512;
/** How long to keep reading a pipe that children of the command hold open after it exited, ms. */
const DRAIN_MS = 50;
/** An unchanged output is written again if the kept one is older than this, ms. */
const KEEP_MS = 5_000;
/** A run this long past its timeout is over: its supervisor was killed. Milliseconds. */
const GRACE_MS = 1_000;

/** The part of a stream reader that is used here. */
interface ByteReader {
  read(): Promise<{ readonly value?: Uint8Array | undefined }>;
}

/**
 * Runs the previous statusLine command once, in a process that outlives the line that started it: a command slower than the
 * line may run until its timeout, and its output is kept for the next refresh. The output is written to stdout completely or
 * not at all. If the pipe to the line breaks before the line has reported that it is done, the line was killed. No process
 * that the command started is left when this process ends.
 */
export async function supervise(): Promise<void> {
  const { [HANDOVER]: handover, ...env } = environment();
  const { command, limitMs, directory, mark } = JSON.parse(handover ?? "") as Handover;
  const over = Promise.withResolvers<null>();
  const stop = (): void => over.resolve(null);
  for (const signal of SIGNALS) process.on(signal, stop);
  setTimeout(stop, limitMs);
  whenLineDies(stop);

  const input = Bun.stdin.stream().getReader();
  const begun = await Promise.race([readUntilSession(input), over.promise]);
  if (begun === null) return process.exit(0);
  const place = directory && { directory, name: keptOutputName(command, sessionIn(begun.toString())) };
  const run = place ? await beginRun(place, limitMs, mark) : "unkept";
  if (run === "others") return process.exit(0);

  const child = Bun.spawn([process.platform === "win32" ? "sh" : "/bin/sh", "-c", command], {
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
    env: { ...env, [MARK]: mark },
  });
  feed(child.stdin, begun, input).catch(() => undefined);
  const output = await Promise.race([outputOf(child.stdout.getReader(), child.exited), over.promise]);
  const isGood = output !== null && child.exitCode === 0;
  const answer = isGood ? `+${output}` : child.exitCode === null ? "" : "-";
  try {
    writeAll(1, new TextEncoder().encode(answer));
  } catch {
    // The line has exited.
  }
  closeSync(1);
  if (place && run === "ours") await endRun(place, isGood ? output : null).catch(() => undefined);
  // Processes that the command left running may continue until the timeout.
  if (isGood && hasProcesses(child.pid, mark)) await over.promise;
  await killTree(child.pid, mark);
  process.exit(0);
}

/** Calls `stop` if the pipe to the line breaks before the line has written anything to it. */
function whenLineDies(stop: () => void): void {
  const watch = async (): Promise<void> => {
    for await (const chunk of Bun.file(CONTROL_FD).stream()) if (chunk.length > 0) return;
    stop();
  };
  watch().catch(stop);
}

/** Reads the input up to the session id, at most 64 KB. */
async function readUntilSession(input: ByteReader): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let tail = "";
  for (let size = 0; size < MAX_SEARCH_BYTES && sessionIn(tail) === null;) {
    const { value } = await input.read();
    if (!value) break;
    parts.push(value);
    size += value.length;
    // latin1 maps each byte to one character, so that an id is found even if a chunk ends inside a character.
    tail = tail.slice(-MAX_ID_BYTES) + Buffer.from(value).toString("latin1");
  }
  return Buffer.concat(parts);
}

/** Forwards the input until it ends. */
async function feed(sink: Bun.FileSink, begun: Uint8Array, input: ByteReader): Promise<void> {
  await sink.write(begun);
  await sink.flush();
  for (let { value } = await input.read(); value; { value } = await input.read()) {
    await sink.write(value);
    await sink.flush();
  }
  await sink.end();
}

/** Returns the output of a command until it exits, or null if it exceeds MAX_BYTES. Does not wait for children that hold the pipe open. */
async function outputOf(stdout: ByteReader, exited: Promise<number>): Promise<string | null> {
  const grace = exited.then(() => Bun.sleep(DRAIN_MS)).then(() => ({ value: undefined }));
  const parts: Uint8Array[] = [];
  for (let size = 0; ;) {
    const { value } = await Promise.race([stdout.read(), grace]);
    if (!value) break;
    size += value.length;
    if (size > MAX_BYTES) return null;
    parts.push(value);
  }
  await exited;
  return Buffer.concat(parts).toString();
}

/** The file with the kept output of a command for a session. */
interface OutputFile {
  readonly directory: string;
  readonly name: string;
}

const runningPath = ({ directory, name }: OutputFile): string => `${directory}/${name}.running`;

/**
 * Marks the command as running and returns whose run this is: only one run per session at a time, so that slow commands do
 * not pile up. A mark older than a run can take was left by a killed or stopped supervisor, which is then ended with everything
 * it started. If no mark can be written ("unkept"), the command runs, and its output is not kept.
 */
async function beginRun(place: OutputFile, limitMs: number, mark: string): Promise<"ours" | "others" | "unkept"> {
  try {
    await ensureOwnDirectory(place.directory);
    const path = runningPath(place);
    const now = systemClock.now();
    if (await writeIfMissing(path, `${now} ${mark}`)) return "ours";
    if (Math.abs(now - writtenAt(path)) < limitMs + GRACE_MS) return "others";
    const [old] = /[\da-f-]{36}$/.exec(readOwn(path) ?? "") ?? [];
    if (old) await killTree(null, old);
    removeIfPresent(path);
    return (await writeIfMissing(path, `${now} ${mark}`)) ? "ours" : "others";
  } catch {
    return "unkept";
  }
}

/** When a file was written, from its content or else its modification time, epoch milliseconds. */
function writtenAt(path: string): number {
  const text = readOwn(path);
  return Number.parseInt(text ?? "", 10) || (parseKeptOutput(text)?.at ?? statSync(path).mtimeMs);
}

/** Keeps an output, removes outputs of old sessions, and lets the next run begin. */
async function endRun(place: OutputFile, output: string | null): Promise<void> {
  const { directory, name } = place;
  const now = systemClock.now();
  try {
    if (output === null) return;
    const path = `${directory}/${name}`;
    const kept = parseKeptOutput(readOwn(path));
    if (kept?.text === output && Math.abs(now - kept.at) < KEEP_MS) return;
    await replaceSmall(path, JSON.stringify({ at: now, text: output }));
    if (kept === null) {
      for (const other of readdirSync(directory)) {
        if (Math.abs(now - writtenAt(`${directory}/${other}`)) > USABLE_MS) removeIfPresent(`${directory}/${other}`);
      }
    }
  } finally {
    removeIfPresent(runningPath(place));
  }
}
