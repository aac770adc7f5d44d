// The gate under other clocks (bun run clocks [name...]): 400 days ahead, in a zone of another day, and each file of tests at
// the end of a year. Needs faketime, of which Debian has a package. Ends with "N passed, N failed".
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";

/** One clock that the gate runs under. */
interface ClockCase {
  readonly name: string;
  /** Milliseconds to put the machine's clock ahead by, given what it says now. */
  ahead(now: number): number;
  readonly env?: Readonly<Record<string, string>>;
  /** Every file of tests starts at that moment, since the gate as a whole would be past it before its tests begin. */
  readonly isPerFile?: true;
}

const DAY = 86_400_000;
const root = join(import.meta.dir, "../..");

/** The next 31 December at 23:59:50 of the machine's zone. */
function newYear(now: number): number {
  const end = new Date(now);
  end.setMonth(11, 31);
  end.setHours(23, 59, 50, 0);
  return end.getTime();
}

/** A zone whose date is not that of the machine: 14 hours ahead of UTC, or 12 behind. */
const otherDay = (now: number): string => (new Date(now).getUTCHours() >= 12 ? "Pacific/Kiritimati" : "Etc/GMT+12");

const cases: readonly ClockCase[] = [
  { name: "ahead", ahead: () => 400 * DAY },
  { name: "zone", ahead: () => 0, env: { TZ: otherDay(Date.now()) } },
  { name: "new-year", ahead: (now) => newYear(now) - now, isPerFile: true },
];

/** Removes what faketime left of processes that were killed under it: a new process of the same number could not start. */
function removeLeftovers(): void {
  const folder = "/dev/shm";
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const [, pid] = /^(?:sem\.)?faketime_(?:sem|shm)_(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(folder, name), { force: true });
  }
}

/** Runs a command with its clock put ahead; what it printed, and whether it succeeded. */
async function under(one: ClockCase, ...command: string[]): Promise<{ text: string; isGreen: boolean }> {
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
  console.error("faketime is missing; Debian and Ubuntu have it as a package of that name");
  process.exit(2);
}
const names = Bun.argv.slice(2);
for (const one of cases.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const started = performance.now();
  if (one.isPerFile) {
    for (const file of [...new Glob("test/**/*.test.ts").scanSync(root)].toSorted()) {
      const ran = await under(one, process.execPath, "test", "--timeout", "60000", `./${file}`);
      count(`${one.name} ${file}`, ran, lastNumber(ran.text, /^\s*(\d+) pass$/gm));
    }
  } else {
    const ran = await under(one, process.execPath, "test/gate.ts");
    count(one.name, ran, lastNumber(ran.text, /^(\d+) passed, \d+ failed$/gm));
  }
  console.log(`${one.name}: ${((performance.now() - started) / 1_000).toFixed(0)} s`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
