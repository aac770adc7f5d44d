import { join } from "node:path";
import { type Audit, audit, tornAside } from "./numbered.ts";
import { randomBelow, type Campaign, inParallel, type Scale, scratch, Tally } from "./campaign.ts";
import type { WriterArgs } from "./drivers/writer.ts";
import { startDriver } from "./processes.ts";

const WRITER = new URL("./drivers/writer.ts", import.meta.url);
const KB = 1_024;
/** About fifty records of 1, 4 and 60 KB. */
const MAX_SIZE = 1_100 * KB;
/** Longest time that a writer runs after its first record, milliseconds. */
const LIFE_MS = 25;

const NUMBERS = {
  quick: { kills: 28, retries: 12, control: 30 },
  full: { kills: 1_000, retries: 250, control: 400 },
} as const satisfies Record<Scale, object>;

/** Writers killed with SIGKILL at random moments. */
export const kill: Campaign = {
  name: "kill",
  promise: "a record whose append returned is in the log exactly once and complete, however often writers are killed",
  async run(scale) {
    const tally = new Tally();
    await randomKills(tally, NUMBERS[scale].kills);
    await retriedKills(tally, NUMBERS[scale].retries);
    await control(tally, NUMBERS[scale].control);
    return tally;
  },
};

interface Place extends Disposable {
  readonly args: Omit<WriterArgs, "prefix" | "mode">;
}

function place(sizes: readonly number[]): Place {
  const directory = scratch();
  const path = join(directory.path, "usage.jsonl");
  const bounds = { maxSize: MAX_SIZE, maxFiles: 100_000 };
  return {
    args: { path, lock: join(directory.path, "worker.lock"), first: 0, count: 1e9, sizes, ...bounds, waitMs: 5 },
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

/** Runs a writer for a random time and kills it; returns the ids that it reported as written. */
async function runUntilKilled(args: WriterArgs): Promise<string[]> {
  const writer = startDriver(WRITER, args);
  // One in ten is killed while it starts, or during its first record.
  if (randomBelow(10) === 0) await Bun.sleep(20 + randomBelow(40));
  else {
    await writer.waitForLine(args.prefix);
    await Bun.sleep(Math.random() * LIFE_MS);
  }
  writer.kill("SIGKILL");
  const err = await writer.ended;
  if (err !== "") throw new Error(`a writer failed: ${err}`);
  return [...writer.lines];
}

/** Writes one more record, which repairs the log after the last kill, and then audits the whole log. */
async function auditAfterRepair(args: Place["args"], mode: WriterArgs["mode"]): Promise<Audit> {
  const last = startDriver(WRITER, { ...args, mode, prefix: "last", count: 1 });
  await last.ended;
  return audit(args.path, args.maxSize);
}

const doubled = ({ ids }: Audit): number => [...ids.values()].filter((count) => count > 1).length;
const missing = ({ ids }: Audit, acked: readonly string[]): number => acked.filter((id) => !ids.has(id)).length;

async function randomKills(tally: Tally, kills: number): Promise<void> {
  using here = place([KB, 4 * KB, 60 * KB]);
  const lives = await inParallel(kills, 4, (life) =>
    runUntilKilled({ ...here.args, mode: "locked", prefix: `w${life}` }),
  );
  const acked = lives.flat();
  const found = await auditAfterRepair(here.args, "locked");
  tally.figure("kills", kills);
  tally.figure("acknowledged", acked.length);
  tally.figure("torn by a kill", tornAside(here.args.path));
  tally.figure("files", found.files);
  tally.equal("acknowledged records lost", missing(found, acked), 0);
  tally.equal("incomplete lines after the next write", found.torn, 0);
  tally.equal("doubled records", doubled(found), 0);
  tally.equal("files with a mode other than 0600", found.wide, []);
  tally.equal("files over the limit", found.overLimit, 0);
  const written = found.ids.size - acked.length;
  tally.figure("written but not acknowledged", written);
  tally.check("kills hit writes", kills < 500 || tornAside(here.args.path) + written > 0);
}

/** Runs writers one after the other, each starting with the record that the previous one did not acknowledge. */
async function retriedKills(tally: Tally, kills: number): Promise<void> {
  using here = place([KB, 60 * KB, 200 * KB]);
  const acked: string[] = [];
  for (let life = 0; life < kills; life++) {
    acked.push(...(await runUntilKilled({ ...here.args, mode: "locked", prefix: "r", first: acked.length })));
  }
  const found = await auditAfterRepair(here.args, "locked");
  tally.figure("kills with retry", kills);
  tally.figure("torn by them", tornAside(here.args.path));
  tally.equal("retried records lost", missing(found, acked), 0);
  tally.equal("incomplete lines after the next retry", found.torn, 0);
  tally.equal("duplicate retried records", doubled(found), 0);
  tally.equal("retried records acknowledged twice", acked.length - new Set(acked).size, 0);
}

/**
 * A control with a bare append, which must be seen to lose records. Runs until that has happened, up to a limit.
 */
async function control(tally: Tally, kills: number): Promise<void> {
  using here = place([60 * KB]);
  const acked: string[] = [];
  let done = 0;
  let found = await auditAfterRepair(here.args, "plain");
  while (done < kills || (missing(found, acked) === 0 && done < 5 * kills)) {
    const from = done;
    const life = (index: number): Promise<string[]> =>
      runUntilKilled({ ...here.args, mode: "plain", prefix: `p${from + index}` });
    acked.push(...(await inParallel(kills, 4, life)).flat());
    done += kills;
    found = await auditAfterRepair(here.args, "plain");
  }
  const lost = missing(found, acked);
  tally.figure("control: kills", done);
  tally.figure("control: lost", lost);
  tally.figure("control: torn", found.torn);
  tally.check("the control, a bare append, loses acknowledged records", lost > 0);
}
