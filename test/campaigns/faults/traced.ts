import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pauseOf } from "../../../src/monitoring/Claims.ts";
import { inParallel, type Tally } from "./campaign.ts";
import { type Harness, type EndedProcess, freshHarness } from "./harness.ts";
import { capabilities } from "./capabilities.ts";
import { checkLogs } from "./check-log.ts";
import { numberedRecord } from "./numbered.ts";

/** System calls with which a worker changes the log directory. */
const CALLS = ["write", "fdatasync", "fsync", "rename", "ftruncate", "fchmod", "mkdir", "unlink", "fcntl"];
const FAULTS = ["signal=SIGKILL", "error=ENOSPC", "error=EIO", "error=EACCES", "error=EROFS"];
const SETTINGS = { PET_USAGE_LOG_INTERVAL: "86400000", PET_LOG_MAX_SIZE: "65536", PET_LOG_MAX_FILES: "2" };
const KEPT = 8;

/** A system call of the worker: its name, its path if known, and its number among calls with the same name and path. */
interface SystemCall {
  readonly name: string;
  readonly path: string | null;
  readonly number: number;
}

/** Makes every system call with which a worker repairs, rotates, appends and writes its state fail once in each of five ways. */
export async function tracedFaults(tally: Tally, most: number): Promise<void> {
  const why = capabilities().strace;
  if (why !== null) return tally.skip("a fault in every system call of a worker", why);
  const calls = await callsOfWorker();
  const all = calls.flatMap((call) => FAULTS.map((fault) => ({ call, fault })));
  const every = Math.max(Math.floor(all.length / most), 1);
  const chosen = all.filter((_, index) => index % every === 0);
  const found = await inParallel(chosen.length, 3, (index) =>
    runWithFault(tally, chosen[index] as (typeof chosen)[number]),
  );
  tally.figure("system calls", calls.length);
  tally.figure("faults injected", chosen.length);
  tally.figure("of them without a record at first", found.filter((isDone) => !isDone).length);
}

/** A harness whose log is at its maximum size, ends in an incomplete line, and has the maximum number of rotated files. */
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

/** The system calls that change the log directory in a run without faults. */
async function callsOfWorker(): Promise<SystemCall[]> {
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
    .flatMap((line): SystemCall[] => {
      const name = /^(\w+)\(/.exec(line)?.[1];
      if (name === undefined) return [];
      const path = /^openat\([^"]*"([^"]*)"/.exec(line)?.[1] ?? null;
      // The number of files opened before depends on the number of running processes, but not on this path.
      const number = next(path ?? name);
      const isOurs = line.includes(harness.logs) && !path?.endsWith(".tmp");
      return isOurs ? [{ name, path: path?.replace(harness.logs, "") ?? null, number }] : [];
    });
}

/** Runs the worker with one fault and then without; returns whether the first run wrote its record. */
async function runWithFault(tally: Tally, { call, fault }: { call: SystemCall; fault: string }): Promise<boolean> {
  using harness = tornHarness();
  const where = call.path === null ? call.name : `${call.name} of <logs>${call.path}`;
  const name = `${fault} at ${where} ${call.number}`;
  const only = call.path === null ? [] : ["-P", `${harness.logs}${call.path}`];
  const inject = `inject=${call.name}:${fault}:when=${call.number}`;
  const tracer = ["strace", "-qq", "-o", "/dev/null", ...only, "-e", `trace=${call.name}`, "-e", inject];
  const first = await harness.worker({ through: tracer });
  const isDone = harness.ids("usage").some((id) => id.startsWith("usage-"));
  // EACCES from fcntl means that another process holds the lock.
  const isBusy = call.name === "fcntl" && fault.endsWith("EACCES");
  if (!isDone && !isBusy && !fault.endsWith("SIGKILL"))
    tally.check(`${name}: reported`, await isReported(harness, first), first);
  const second = await harness.worker();
  tally.check(`${name}: the next worker succeeds`, second.code === 0 && !second.isHung, second);
  checkLogs(tally, name, harness);
  const ids = harness.ids("usage");
  tally.equal(`${name}: records of the interval`, ids.filter((id) => id.startsWith("usage-")).length, 1);
  tally.equal(`${name}: earlier records`, ids.filter((id) => id.startsWith("kept-")).length, KEPT);
  return isDone;
}

/** Whether a failed worker reports it, by its exit status or by a pause. */
async function isReported(harness: Harness, { code }: EndedProcess): Promise<boolean> {
  return code !== 0 || (await pauseOf(harness.files, Date.now())) !== null;
}
