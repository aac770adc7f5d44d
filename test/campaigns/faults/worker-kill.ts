import { existsSync, readFileSync } from "node:fs";
import { stateOf } from "../../../src/model/state.ts";
import { randomBelow, type Campaign, inParallel, type Scale, Tally } from "./campaign.ts";
import { type Harness, freshHarness } from "./harness.ts";
import { checkLogs } from "./check-log.ts";
import { processesWith, waitFor, remainingProcesses } from "./processes.ts";
import { tracedFaults } from "./traced.ts";

const NUMBERS = {
  quick: { kills: 4, faults: 7 },
  full: { kills: 120, faults: Number.POSITIVE_INFINITY },
} as const satisfies Record<Scale, object>;

/** The real worker, started by the real line and killed at a random moment. */
export const workerKill: Campaign = {
  name: "worker-kill",
  promise: "a worker killed or failing at any moment is replaced within 5 s, and its interval has one complete record",
  isLinuxOnly: true,
  async run(scale) {
    const tally = new Tally();
    const { kills, faults } = NUMBERS[scale];
    const waits = await inParallel(kills, 6, () => killWorker(tally));
    const hit = waits.filter((wait) => wait !== null);
    tally.figure("kills", kills);
    tally.figure("killed before the worker had finished", hit.length);
    if (hit.length > 0) tally.figure("record after the kill, worst ms", Math.max(...hit));
    await tracedFaults(tally, faults);
    return tally;
  },
};

/** Longest time before a worker is killed: it starts, asks a program that takes 50-300 ms, and writes. */
const LIFE_MS = 480;

/** One interval of an hour: line, worker, kill, and lines until there is a record; returns how long that took, milliseconds. */
async function killWorker(tally: Tally): Promise<number | null> {
  using harness = freshHarness({ PET_USAGE_LOG_INTERVAL: "3600000" }, [50, 300]);
  await harness.line();
  const wait = randomBelow(LIFE_MS);
  await Bun.sleep(wait);
  const worker = processesWith(harness.home).find(({ command }) => command.endsWith("cli.js worker"));
  if (worker) process.kill(worker.pid, "SIGKILL");
  const at = performance.now();
  const isBack = await waitFor(
    async () => {
      if (isDone(harness)) return true;
      await harness.line();
      return isDone(harness);
    },
    20_000,
    200,
  );
  const ms = performance.now() - at;
  tally.check("the next ticks write the record", isBack, wait);
  tally.equal("processes left", await remainingProcesses(harness.home, 10_000), []);
  checkLogs(tally, `killed after ${wait} ms`, harness);
  // Can be slower only if the machine is: a new worker may start three seconds after the last one.
  if (worker) tally.check("replaced within 5 s", ms <= 5_000, ms);
  return worker ? ms : null;
}

/** Whether the interval's record and a state with it exist. */
function isDone(harness: Harness): boolean {
  if (harness.ids("usage").length === 0 || !existsSync(harness.files.state)) return false;
  return stateOf(readFileSync(harness.files.state, "utf8"))?.usage != null;
}
