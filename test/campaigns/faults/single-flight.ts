import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ISOLATED } from "../../../src/utils/paths.ts";
import { entryPath } from "../../entry-points/program.ts";
import { type Campaign, Tally } from "./campaign.ts";
import { type Harness, freshHarness } from "./harness.ts";
import type { Launched, Ticked, TickerArgs } from "./drivers/ticker.ts";
import { filesOf } from "./numbered.ts";
import { startDriver, remainingProcesses } from "./processes.ts";

const TICKER = new URL("./drivers/ticker.ts", import.meta.url);
const INTERVAL = 1_000;

const NUMBERS = {
  quick: { sessions: 8, drivers: 4, ticks: 14, everyMs: 300 },
  full: { sessions: 50, drivers: 25, ticks: 200, everyMs: 300 },
} as const;

/** Many open sessions with one log. */
export const singleFlight: Campaign = {
  name: "single-flight",
  promise: "any number of open sessions write one record per interval, even while workers are killed",
  isLinuxOnly: true,
  async run(scale) {
    const tally = new Tally();
    for (const killShare of [0, 0.3]) await runSessions(tally, NUMBERS[scale], killShare);
    return tally;
  },
};

async function runSessions(
  tally: Tally,
  numbers: (typeof NUMBERS)["quick" | "full"],
  killShare: number,
): Promise<void> {
  using harness = freshHarness({ PET_USAGE_LOG_INTERVAL: String(INTERVAL) }, [50, 300]);
  const { sessions, drivers, ticks, everyMs } = numbers;
  const tickers = Array.from({ length: drivers }, (_, driver) => {
    const ids = Array.from({ length: sessions }, (_, index) => `session-${index}`);
    const args: TickerArgs = {
      env: harness.env,
      worker: [process.execPath, ...ISOLATED, entryPath("cli"), "worker"],
      sessions: ids.filter((_, index) => index % drivers === driver),
      ticks,
      everyMs,
      killShare,
      lifeMs: 200,
    };
    return startDriver(TICKER, args);
  });
  const errors = await Promise.all(tickers.map(({ ended }) => ended));
  const ticked = tickers.map(({ lines }) => JSON.parse(lines.at(-1) ?? "null") as Ticked);
  const which = killShare === 0 ? "" : `, ${killShare * 100} % killed`;
  tally.equal(`processes left${which}`, await remainingProcesses(harness.home, 10_000), []);
  tally.equal(`errors of drivers${which}`, errors.filter(Boolean), []);
  checkRecords(tally, harness, ticked, which);
}

/** A record in the log, and when it was written. */
interface RecordTime {
  readonly id: string;
  readonly at: number;
}

function checkRecords(tally: Tally, harness: Harness, ticked: readonly Ticked[], which: string): void {
  const launched = ticked.flatMap((one) => one.launched).toSorted((a, b) => a.at - b.at);
  const records = recordsOf(harness);
  const ids = harness.ids("usage");
  const recorded = new Set(records.map(({ id }) => slotOf(Date.parse(/\d{4}-.*?Z/.exec(id)?.[0] ?? ""))));
  const slots = new Set(launched.map(({ at }) => slotOf(at)));
  const results = ticked.flatMap((one) => Object.values(one.results));
  tally.figure(
    `ticks${which}`,
    results.reduce((sum, count) => sum + count, 0),
  );
  tally.figure(`slots${which}`, slots.size);
  tally.figure(`workers${which}`, launched.length);
  tally.figure(`records${which}`, recorded.size);
  tally.equal(`slots recorded twice${which}`, ids.length - new Set(ids).size, 0);
  tally.equal(`incomplete lines${which}`, ids.filter((id) => id === "torn").length, 0);
  tally.check(`at most 1.1 workers per slot${which}`, launched.length <= 1.1 * slots.size + 1, launched.length);
  const idle = launched.filter(
    (one) => !one.isKilled && wasAlone(one, launched) && !slotsOf(one).some((slot) => recorded.has(slot)),
  );
  tally.equal(`workers that could run but wrote no record${which}`, idle, []);
  checkKills(tally, launched, records);
}

function checkKills(tally: Tally, launched: readonly Launched[], records: readonly RecordTime[]): void {
  const killed = launched.filter((one) => one.isKilled);
  if (killed.length === 0) return;
  const end = launched.at(-1)?.at ?? 0;
  tally.figure("killed", killed.length);
  const waits = killed
    .map(({ ended }) => ended ?? 0)
    .filter((at) => at < end - 5_000)
    .map((at) => (records.find((record) => record.at >= at)?.at ?? Number.POSITIVE_INFINITY) - at);
  if (waits.length === 0) return;
  tally.figure("next record after a kill, worst ms", Math.max(...waits));
  tally.check(
    "a killed worker is replaced within 5 s",
    waits.every((wait) => wait <= 5_000),
    waits,
  );
}

const slotOf = (at: number): number => Math.floor(at / INTERVAL);

/** The slots (intervals) in which a worker ran. */
function slotsOf({ at, ended }: Launched): number[] {
  const first = slotOf(at);
  return Array.from({ length: slotOf(ended ?? at) - first + 1 }, (_, index) => first + index);
}

/** Whether no other worker, which could have held the lock, ran at the same time. */
function wasAlone(one: Launched, all: readonly Launched[]): boolean {
  const { at, ended } = one;
  return all.every((other) => other === one || (other.ended ?? Infinity) < at || other.at > (ended ?? at));
}

function recordsOf({ logs }: Harness): RecordTime[] {
  const text = filesOf(join(logs, "usage.jsonl"))
    .map((file) => readFileSync(file, "utf8"))
    .join("");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { id: string; timestamp: string })
    .map(({ id, timestamp }) => ({ id, at: Date.parse(timestamp) }));
}
