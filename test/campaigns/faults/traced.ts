import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pauseOf } from "../../../src/monitoring/Claims.ts";
import { inParallel, type Tally } from "./campaign.ts";
import { type Harness, type Ended, freshHarness } from "./harness.ts";
import { means } from "./means.ts";
import { judgeLogs } from "./judge.ts";
import { numberedRecord } from "./numbered.ts";

/** System calls by which a worker changes the log directory. */
const CALLS = ["write", "fdatasync", "fsync", "rename", "ftruncate", "fchmod", "mkdir", "unlink", "fcntl"];
const FAULTS = ["signal=SIGKILL", "error=ENOSPC", "error=EIO", "error=EACCES", "error=EROFS"];
const SETTINGS = { PET_USAGE_LOG_INTERVAL: "86400000", PET_LOG_MAX_SIZE: "65536", PET_LOG_MAX_FILES: "2" };
const KEPT = 8;

/** One system call of the worker: its name, the path it goes to where that tells it, and which one of that sort it is. */
interface Call {
  readonly name: string;
  readonly path: string | null;
  readonly number: number;
}

/** Every system call by which a worker repairs, rotates, appends and leaves its state fails once in each of five ways. */
export async function tracedFaults(tally: Tally, most: number): Promise<void> {
  const why = means().strace;
  if (why !== null) return tally.skip("a fault in every system call of a worker", why);
  const calls = await callsOfWorker();
  const all = calls.flatMap((call) => FAULTS.map((fault) => ({ call, fault })));
  const every = Math.max(Math.floor(all.length / most), 1);
  const chosen = all.filter((_, index) => index % every === 0);
  const found = await inParallel(chosen.length, 3, (index) => failed(tally, chosen[index] as (typeof chosen)[number]));
  tally.figure("system calls", calls.length);
  tally.figure("faults injected", chosen.length);
  tally.figure("of them without record at first", found.filter((isDone) => !isDone).length);
}

/** A harness whose log is full to the brim, ends in a torn line, and has as many rotated files as may be kept. */
function tornHarness(): Harness {
  const harness = freshHarness(SETTINGS);
  mkdirSync(harness.logs, { mode: 0o700 });
  const lines = Array.from(
    { length: KEPT },
    (_, index) => `${JSON.stringify(numberedRecord(`kept-${index}`, 8_000))}\n`,
  );
  const path = join(harness.logs, "usage.jsonl");
  writeFileSync(path, `${lines.join("")}{"id":"torn","text":"`, { mode: 0o600 });
  for (const number of ["000001", "000002"])
    writeFileSync(`${path}.${number}`, `${JSON.stringify({ id: `old-${number}` })}\n`, { mode: 0o600 });
  return harness;
}

/** The system calls of a run without fault that change something in the log directory. */
async function callsOfWorker(): Promise<Call[]> {
  using harness = tornHarness();
  const out = join(harness.home, "trace");
  await harness.worker({
    through: ["strace", "-qq", "-y", "-o", out, "-e", `trace=${[...CALLS, "openat"].join(",")}`],
  });
  const counts = new Map<string, number>();
  const next = (key: string): number => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts.get(key) ?? 0;
  };
  return readFileSync(out, "utf8")
    .split("\n")
    .flatMap((line): Call[] => {
      const name = /^(\w+)\(/.exec(line)?.[1];
      if (name === undefined) return [];
      const path = /^openat\([^"]*"([^"]*)"/.exec(line)?.[1] ?? null;
      // How many files are opened before depends on how many processes run; on this path it does not.
      const number = next(path ?? name);
      const isOurs = line.includes(harness.logs) && !path?.endsWith(".tmp");
      return isOurs ? [{ name, path: path?.replace(harness.logs, "") ?? null, number }] : [];
    });
}

/** One run with one fault, and one without; whether the first left its record. */
async function failed(tally: Tally, { call, fault }: { call: Call; fault: string }): Promise<boolean> {
  using harness = tornHarness();
  const where = call.path === null ? call.name : `${call.name} of <logs>${call.path}`;
  const name = `${fault} at ${where} ${call.number}`;
  const only = call.path === null ? [] : ["-P", `${harness.logs}${call.path}`];
  const inject = `inject=${call.name}:${fault}:when=${call.number}`;
  const tracer = ["strace", "-qq", "-o", "/dev/null", ...only, "-e", `trace=${call.name}`, "-e", inject];
  const first = await harness.worker({ through: tracer });
  const isDone = harness.ids("usage").some((id) => id.startsWith("usage-"));
  // EACCES from fcntl is how a system says that another process holds the lock.
  const isBusy = call.name === "fcntl" && fault.endsWith("EACCES");
  if (!isDone && !isBusy && !fault.endsWith("SIGKILL"))
    tally.check(`${name}: told`, await isTold(harness, first), first);
  const second = await harness.worker();
  tally.check(`${name}: the next worker ends well`, second.code === 0 && !second.isHung, second);
  judgeLogs(tally, name, harness);
  const ids = harness.ids("usage");
  tally.equal(`${name}: records of the interval`, ids.filter((id) => id.startsWith("usage-")).length, 1);
  tally.equal(`${name}: earlier records`, ids.filter((id) => id.startsWith("kept-")).length, KEPT);
  return isDone;
}

/** A worker that could not do its work says so: by its exit status, or by a pause. */
async function isTold(harness: Harness, { code }: Ended): Promise<boolean> {
  return code !== 0 || (await pauseOf(harness.files, Date.now())) !== null;
}
