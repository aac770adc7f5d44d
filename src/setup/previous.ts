import { closeSync, readdirSync, statSync } from "node:fs";
import { killTree, MARK, remains } from "../monitoring/claude/process-tree.ts";
import { systemClock } from "../utils/clock.ts";
import { environment } from "../utils/config.ts";
import { readOwn, unlinkQuietly, writeAll, writeOnce } from "../utils/files.ts";
import { ensureOwnDirectory } from "../utils/ownership.ts";
import { replaceSmall } from "../utils/small-files.ts";
import {
  CONTROL_FD,
  HANDOVER,
  type Handover,
  keptName,
  keptOf,
  MAX_BYTES,
  MAX_LOOK_BYTES,
  sessionIn,
  SIGNALS,
  USABLE_MS,
} from "./kept-output.ts";

/** Bytes that a session's id may be long where it is looked for. */
const MAX_ID_BYTES = 512;
/** How long a pipe may stay open, in the hands of what the command left behind, after the command ended. */
const DRAIN_MS = 50;
/** An output that did not change is kept anew when the one that is kept is older than this. */
const KEEP_MS = 5_000;
/** A command that should be over by this much is none: its supervisor was killed. */
const GRACE_MS = 1_000;

/** What bytes are read from. */
interface Bytes {
  read(): Promise<{ readonly value?: Uint8Array | undefined }>;
}

/**
 * One run of the previous statusLine command, in a process of its own that outlives the line which asked for it: a command
 * that is slower than the line may go on to its deadline, and what it printed is kept for the next refresh. The output is
 * handed over on stdout, whole or not at all. When the pipe to the line breaks before the line said that it is done, the
 * line was killed. Nothing that the command started is left when this process ends.
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
  const begun = await Promise.race([beginningOf(input), over.promise]);
  if (begun === null) return process.exit(0);
  const place = directory && { directory, name: keptName(command, sessionIn(begun.toString())) };
  const turn = place ? await takeTurn(place, limitMs, mark) : "unkept";
  if (turn === "others") return process.exit(0);

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
    // The line is gone.
  }
  closeSync(1);
  if (place && turn === "ours") await endTurn(place, isGood ? output : null).catch(() => undefined);
  // What the command left running may go on until the deadline, and no longer.
  if (isGood && remains(child.pid, mark)) await over.promise;
  await killTree(child.pid, mark);
  process.exit(0);
}

/** Calls back when the pipe to the line breaks before anything came through it. */
function whenLineDies(stop: () => void): void {
  const watch = async (): Promise<void> => {
    for await (const said of Bun.file(CONTROL_FD).stream()) if (said.length > 0) return;
    stop();
  };
  watch().catch(stop);
}

/** The input up to where it tells the session, at most 64 KB of it. */
async function beginningOf(input: Bytes): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let tail = "";
  for (let size = 0; size < MAX_LOOK_BYTES && sessionIn(tail) === null;) {
    const { value } = await input.read();
    if (!value) break;
    parts.push(value);
    size += value.length;
    // One byte stands for one character: an id is found also where a part ends within one.
    tail = tail.slice(-MAX_ID_BYTES) + Buffer.from(value).toString("latin1");
  }
  return Buffer.concat(parts);
}

/** Hands the input on until it ends. */
async function feed(sink: Bun.FileSink, begun: Uint8Array, input: Bytes): Promise<void> {
  await sink.write(begun);
  await sink.flush();
  for (let { value } = await input.read(); value; { value } = await input.read()) {
    await sink.write(value);
    await sink.flush();
  }
  await sink.end();
}

/** What a command prints until it exits, null where that is more than MAX_BYTES; a child of its own that keeps the pipe open is not waited for. */
async function outputOf(stdout: Bytes, exited: Promise<number>): Promise<string | null> {
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

/** Where the output of a command for a session is kept. */
interface Place {
  readonly directory: string;
  readonly name: string;
}

const turnOf = ({ directory, name }: Place): string => `${directory}/${name}.running`;

/**
 * Whose turn it is for this session: only one run at a time, so that a slow command does not pile up. A mark that is older than a
 * run can take is that of a killed or stopped supervisor: it is ended with all that it started. Where nothing can be kept
 * ("unkept"), the command runs, and nothing is.
 */
async function takeTurn(place: Place, limitMs: number, mark: string): Promise<"ours" | "others" | "unkept"> {
  try {
    await ensureOwnDirectory(place.directory);
    const path = turnOf(place);
    const now = systemClock.now();
    if (await writeOnce(path, `${now} ${mark}`)) return "ours";
    if (Math.abs(now - writtenAt(path)) < limitMs + GRACE_MS) return "others";
    const [old] = /[\da-f-]{36}$/.exec(readOwn(path) ?? "") ?? [];
    if (old) await killTree(null, old);
    unlinkQuietly(path);
    return (await writeOnce(path, `${now} ${mark}`)) ? "ours" : "others";
  } catch {
    return "unkept";
  }
}

/** When a file here was written: by what it says, else by its last change; epoch milliseconds. */
function writtenAt(path: string): number {
  const text = readOwn(path);
  return Number.parseInt(text ?? "", 10) || (keptOf(text)?.at ?? statSync(path).mtimeMs);
}

/** Keeps an output, removes those of sessions that are gone, and lets the next run begin. */
async function endTurn(place: Place, output: string | null): Promise<void> {
  const { directory, name } = place;
  const now = systemClock.now();
  try {
    if (output === null) return;
    const path = `${directory}/${name}`;
    const kept = keptOf(readOwn(path));
    if (kept?.text === output && Math.abs(now - kept.at) < KEEP_MS) return;
    await replaceSmall(path, JSON.stringify({ at: now, text: output }));
    if (kept === null) {
      for (const other of readdirSync(directory)) {
        if (Math.abs(now - writtenAt(`${directory}/${other}`)) > USABLE_MS) unlinkQuietly(`${directory}/${other}`);
      }
    }
  } finally {
    unlinkQuietly(turnOf(place));
  }
}
