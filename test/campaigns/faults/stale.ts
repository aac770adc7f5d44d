import { mkdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { tryLock } from "../../../src/utils/lock.ts";
import { type Campaign, type Scale, scratch, Tally } from "./campaign.ts";
import { clockJumps } from "./clock-jumps.ts";
import type { ContenderArgs } from "./drivers/contender.ts";
import { startDriver, type LineProcess } from "./processes.ts";

const CONTENDER = new URL("./drivers/contender.ts", import.meta.url);

const NUMBERS = {
  quick: { contenders: 12, rounds: 10, deaths: 5, stopMs: 1_000, controlRounds: 20, isPatient: false },
  full: { contenders: 50, rounds: 100, deaths: 100, stopMs: 15_000, controlRounds: 60, isPatient: true },
} as const satisfies Record<Scale, object>;

/** Lock holders that are killed, stopped, or run with another clock. */
export const stale: Campaign = {
  name: "stale",
  promise:
    "the lock of a killed holder is free at once, that of a stopped one is never taken, and no clock makes two holders",
  async run(scale) {
    const tally = new Tally();
    const numbers = NUMBERS[scale];
    await deaths(tally, numbers.deaths);
    await checkStoppedHolder(tally, numbers.stopMs);
    await checkSameProcess(tally);
    await rounds(tally, numbers);
    await control(tally, numbers);
    await clockJumps(tally);
    await checkOtherClocks(tally);
    return tally;
  },
};

async function contender(args: ContenderArgs, through: readonly string[] = []): Promise<LineProcess> {
  const started = startDriver(CONTENDER, args, through);
  await started.waitForLine("ready");
  return started;
}

/** Sends a command and returns the answer, which is the next line. */
async function request(one: LineProcess, word: string): Promise<string> {
  const received = one.lines.length;
  await one.send(word);
  while (one.lines.length === received && !one.isOver()) await one.more();
  return one.lines[received] ?? "";
}

/** Measures how long a lock stays held after its holder was killed with SIGKILL. */
async function deaths(tally: Tally, count: number): Promise<void> {
  using here = scratch();
  const path = join(here.path, "worker.lock");
  const waits: number[] = [];
  for (let death = 0; death < count; death++) {
    const holder = await contender({ path, kind: "ours" });
    tally.equal("the holder holds", await request(holder, "try 1"), "held");
    tally.check("a held lock is refused", tryLock(path) === null);
    holder.kill("SIGKILL");
    await holder.ended;
    const started = performance.now();
    let lock = tryLock(path);
    while (lock === null && performance.now() - started < 5_000) lock = tryLock(path);
    waits.push(performance.now() - started);
    lock?.release();
  }
  tally.figure("holders killed", count);
  tally.figure("lock free after, worst ms", Math.max(...waits));
  tally.check("the lock of a killed holder is free within 50 ms", Math.max(...waits) < 50, waits);
}

/** A holder that is suspended like a laptop: nobody gets its lock, and afterwards it still holds it. */
async function checkStoppedHolder(tally: Tally, ms: number): Promise<void> {
  using here = scratch();
  const path = join(here.path, "worker.lock");
  const holder = await contender({ path, kind: "ours" });
  const other = await contender({ path, kind: "ours" });
  tally.equal("the holder holds", await request(holder, "try 1"), "held");
  holder.kill("SIGSTOP");
  const end = performance.now() + ms;
  let taken = 0;
  let tries = 0;
  for (; performance.now() < end; tries++) {
    if ((await request(other, "try 1")) === "held") taken++;
    await Bun.sleep(10);
  }
  holder.kill("SIGCONT");
  tally.figure("ms stopped", ms);
  tally.figure("tries meanwhile", tries);
  tally.equal("locks taken from a stopped holder", taken, 0);
  tally.equal("the holder still holds it", await request(other, "try 1"), "none");
  tally.equal("the holder releases it", await request(holder, "free"), "freed");
  tally.equal("then another process can take it", await request(other, "try 1"), "held");
  for (const one of [holder, other]) one.kill("SIGKILL");
}

/** A second attempt in the holder's own process must not release its lock, as closing any descriptor of a file does with POSIX locks. */
async function checkSameProcess(tally: Tally): Promise<void> {
  using here = scratch();
  const path = join(here.path, "worker.lock");
  const other = await contender({ path, kind: "ours" });
  const lock = tryLock(path);
  tally.check("a second attempt in the same process is refused", tryLock(path) === null);
  tally.equal("and the holder keeps the lock", await request(other, "try 1"), "none");
  lock?.release();
  other.kill("SIGKILL");
}

/** Processes whose clock is an hour or a day off do not get a lock that is held. */
async function checkOtherClocks(tally: Tally): Promise<void> {
  if (Bun.which("faketime") === null) return tally.skip("a process with another clock", "faketime is missing");
  using here = scratch();
  const args: ContenderArgs = { path: join(here.path, "worker.lock"), kind: "ours" };
  const holder = await contender(args);
  tally.equal("the holder holds", await request(holder, "try 1"), "held");
  for (const away of ["+1h", "-1h", "+1d", "-1d"]) {
    let answer = "";
    // faketime ends some processes of this runtime before they print anything.
    for (let attempt = 0; attempt < 5 && answer === ""; attempt++) {
      const other = await contender(args, ["faketime", "-f", away]);
      answer = await request(other, "try 5");
      other.kill("SIGKILL");
    }
    tally.equal(`a process ${away} away gets a held lock`, answer, "none");
  }
  holder.kill("SIGKILL");
}

/** In each round the holder is killed and all others try to take the lock: exactly one gets it. */
async function rounds(
  tally: Tally,
  { contenders, rounds: count }: { contenders: number; rounds: number },
): Promise<void> {
  using here = scratch();
  const args: ContenderArgs = { path: join(here.path, "worker.lock"), kind: "ours" };
  const all = await Promise.all(Array.from({ length: contenders }, () => contender(args)));
  const winners: number[] = [];
  for (let round = 0; round < count; round++) {
    const answers = await Promise.all(all.map((one) => request(one, "try 30")));
    winners.push(answers.filter((word) => word === "held").length);
    const holder = answers.indexOf("held");
    all[holder]?.kill("SIGKILL");
    if (holder !== -1) all[holder] = await contender(args);
  }
  for (const one of all) one.kill("SIGKILL");
  tally.figure("contenders", contenders);
  tally.figure("rounds", count);
  tally.equal("rounds with two holders", winners.filter((number) => number > 1).length, 0);
  tally.equal("rounds without holder", winners.filter((number) => number === 0).length, 0);
}

/**
 * A control with proper-lockfile, whose lock becomes stale after 10 s: it must have two holders in a round, or block everybody
 * for 5 s after its holder was killed.
 */
async function control(tally: Tally, numbers: (typeof NUMBERS)[Scale]): Promise<void> {
  using here = scratch();
  using other = scratch();
  const args: ContenderArgs = { path: join(here.path, "target"), kind: "lockfile" };
  const all = await Promise.all(Array.from({ length: numbers.contenders }, () => contender(args)));
  let round = 0;
  let most = 0;
  for (; round < numbers.controlRounds && most < 2; round++) {
    rmSync(`${args.path}.lock`, { recursive: true, force: true });
    mkdirSync(`${args.path}.lock`);
    utimesSync(`${args.path}.lock`, new Date(0), new Date(0));
    const answers = await Promise.all(all.map((one) => request(one, "try 3")));
    most = Math.max(most, answers.filter((word) => word === "held").length);
    await Promise.all(all.map((one) => request(one, "free")));
  }
  for (const one of all) one.kill("SIGKILL");
  tally.figure("control: rounds until two holders", most > 1 ? round : `none in ${round}`);
  // Without time for both faults, the second is skipped once the first has been seen.
  const ms = numbers.isPatient || most < 2 ? await blockedFor({ ...args, path: join(other.path, "target") }) : 0;
  if (ms > 0) tally.figure("control: ms blocked after a kill", ms);
  tally.check("the control, a lock that becomes stale, is seen to fail", most > 1 || ms > 5_000, { most, ms });
}

/** Measures how long a lock that becomes stale blocks others after its holder was killed, milliseconds, at most 6 s. */
async function blockedFor(args: ContenderArgs): Promise<number> {
  const holder = await contender(args);
  await request(holder, "try 1");
  holder.kill("SIGKILL");
  await holder.ended;
  const next = await contender(args);
  const started = performance.now();
  while (performance.now() - started < 6_000 && (await request(next, "try 1")) === "none") await Bun.sleep(50);
  next.kill("SIGKILL");
  return performance.now() - started;
}
