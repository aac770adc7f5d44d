// Runs the gate with other clocks (bun run clocks [name...]): 400 days ahead, in a zone with another date, and each test file at
// the end of a year. Needs faketime, which Debian has a package for. Prints "N passed, N failed" at the end.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";

/** A clock to run the gate with. */
interface ClockCase {
  readonly name: string;
  /** Milliseconds to shift the machine's clock forward, given its current time. */
  ahead(now: number): number;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether each test file starts at that moment; the whole gate would pass it before its tests begin. */
  readonly isPerFile?: true;
}

const DAY = 86_400_000;
const root = join(import.meta.dir, "../../..");

/** The next 31 December at 23:59:50 in the machine's zone, epoch milliseconds. */
function newYear(now: number): number {
  const end = new Date(now);
  end.setMonth(11, 31);
  end.setHours(23, 59, 50, 0);
  return end.getTime();
}

/** A zone with another date than UTC: 14 hours ahead of it, or 12 behind. */
const otherDay = (now: number): string => (new Date(now).getUTCHours() >= 12 ? "Pacific/Kiritimati" : "Etc/GMT+12");

const cases: readonly ClockCase[] = [
  { name: "ahead", ahead: () => 400 * DAY },
  { name: "zone", ahead: () => 0, env: { TZ: otherDay(Date.now()) } },
  { name: "new-year", ahead: (now) => newYear(now) - now, isPerFile: true },
];

/** Removes what faketime left in shared memory for processes that were killed: it blocks a new process with the same id. */
function removeLeftovers(): void {
  const folder = "/dev/shm";
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const [, pid] = /^(?:sem\.)?faketime_(?:sem|shm)_(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(folder, name), { force: true });
  }
}

/** Runs a command with a shifted clock; returns its output and whether it succeeded. */
async function runUnderClock(one: ClockCase, ...command: string[]): Promise<{ text: string; isGreen: boolean }> {
  removeLeftovers();
  const seconds = one.ahead(Date.now()) / 1_000;
  const shift = `${seconds < 0 ? "" : "+"}${seconds.toFixed(3)}`;
  const child = Bun.spawn(["faketime", "-f", shift, ...command], {
    cwd: root,
    env: { ...process.env, DONT_FAKE_MONOTONIC: "1", FORCE_COLOR: "0", ...one.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { text: `${out}\n${err}`, isGreen: code === 0 };
}

const lastNumber = (text: string, pattern: RegExp): number => Number([...text.matchAll(pattern)].at(-1)?.[1] ?? 0);
const failures = (text: string): string[] => [...new Set([...text.matchAll(/^\(fail\) .*$/gm)].map(([line]) => line))];

let passed = 0;
let failed = 0;
function count(name: string, ran: { text: string; isGreen: boolean }, good: number): void {
  const bad = failures(ran.text);
  passed += good;
  failed += ran.isGreen ? 0 : Math.max(bad.length, 1);
  if (!ran.isGreen) console.log(`FAIL ${name}\n${bad.join("\n") || ran.text.slice(-3_000)}`);
}

if (Bun.which("faketime") === null) {
  console.error("faketime is missing; on Debian and Ubuntu, install the package faketime");
  process.exit(2);
}
const names = Bun.argv.slice(2);
for (const one of cases.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const started = performance.now();
  if (one.isPerFile) {
    for (const file of [...new Glob("test/**/*.test.ts").scanSync(root)].toSorted()) {
      const ran = await runUnderClock(one, process.execPath, "test", "--timeout", "60000", `./${file}`);
      count(`${one.name} ${file}`, ran, lastNumber(ran.text, /^\s*(\d+) pass$/gm));
    }
  } else {
    const ran = await runUnderClock(one, process.execPath, "test/gate.ts");
    count(one.name, ran, lastNumber(ran.text, /^(\d+) passed, \d+ failed$/gm));
  }
  console.log(`${one.name}: ${((performance.now() - started) / 1_000).toFixed(0)} s`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
