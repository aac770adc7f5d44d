import { join } from "node:path";
import { type Audit, audit, tornAside } from "./numbered.ts";
import { below, type Campaign, inParallel, type Scale, scratch, Tally } from "./campaign.ts";
import type { WriterArgs } from "./drivers/writer.ts";
import { startDriver } from "./processes.ts";

const WRITER = new URL("./drivers/writer.ts", import.meta.url);
const KB = 1_024;
/** About fifty records of 1, 4 and 60 KB. */
const MAX_SIZE = 1_100 * KB;
/** How long a writer lives behind its first record, at most, milliseconds. */
const LIFE_MS = 25;

const NUMBERS = {
  quick: { kills: 40, retries: 12, control: 30 },
  full: { kills: 1_000, retries: 250, control: 400 },
} as const satisfies Record<Scale, object>;

/** Writers killed with -9 at random moments. */
export const kill: Campaign = {
  name: "kill",
  promise: "a record whose append returned is in the log once and whole, whenever and however often writers are killed",
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

/** Lets a writer write for a random while and kills it; the ids that it said were written. */
async function lifeOf(args: WriterArgs): Promise<string[]> {
  const writer = startDriver(WRITER, args);
  // One in ten dies while it starts, or in its very first record.
  if (below(10) === 0) await Bun.sleep(20 + below(40));
  else {
    await writer.said(args.prefix);
    await Bun.sleep(Math.random() * LIFE_MS);
  }
  writer.kill("SIGKILL");
  const err = await writer.ended;
  if (err !== "") throw new Error(`a writer failed: ${err}`);
  return [...writer.lines];
}

/** One more record, which repairs what the last kill left, and then a look at everything. */
async function settled(args: Place["args"], mode: WriterArgs["mode"]): Promise<Audit> {
  const last = startDriver(WRITER, { ...args, mode, prefix: "last", count: 1 });
  await last.ended;
  return audit(args.path, args.maxSize);
}

const doubled = ({ ids }: Audit): number => [...ids.values()].filter((count) => count > 1).length;
const missing = ({ ids }: Audit, acked: readonly string[]): number => acked.filter((id) => !ids.has(id)).length;

async function randomKills(tally: Tally, kills: number): Promise<void> {
  using here = place([KB, 4 * KB, 60 * KB]);
  const lives = await inParallel(kills, 4, (life) => lifeOf({ ...here.args, mode: "locked", prefix: `w${life}` }));
  const acked = lives.flat();
  const found = await settled(here.args, "locked");
  tally.figure("kills", kills);
  tally.figure("acknowledged", acked.length);
  tally.figure("torn by a kill", tornAside(here.args.path));
  tally.figure("files", found.files);
  tally.equal("acknowledged records lost", missing(found, acked), 0);
  tally.equal("torn lines after the next write", found.torn, 0);
  tally.equal("doubled records", doubled(found), 0);
  tally.equal("files that are not 0600", found.wide, []);
  tally.equal("files over the limit", found.overLimit, 0);
  const written = found.ids.size - acked.length;
  tally.figure("written and not acknowledged", written);
  tally.check("kills hit writes", kills < 500 || tornAside(here.args.path) + written > 0);
}

/** One writer after the other, each beginning with the record that its predecessor did not acknowledge. */
async function retriedKills(tally: Tally, kills: number): Promise<void> {
  using here = place([KB, 60 * KB, 200 * KB]);
  const acked: string[] = [];
  for (let life = 0; life < kills; life++) {
    acked.push(...(await lifeOf({ ...here.args, mode: "locked", prefix: "r", first: acked.length })));
  }
  const found = await settled(here.args, "locked");
  tally.figure("kills with retry", kills);
  tally.figure("torn by them", tornAside(here.args.path));
  tally.equal("retried records lost", missing(found, acked), 0);
  tally.equal("torn lines after the next retry", found.torn, 0);
  tally.equal("retried records doubled", doubled(found), 0);
  tally.equal("retried records acknowledged twice", acked.length - new Set(acked).size, 0);
}

/**
 * The same with a bare append: the harness is worth something only if it sees this lose records. It goes on until it has
 * seen that, but not for ever.
 */
async function control(tally: Tally, kills: number): Promise<void> {
  using here = place([60 * KB]);
  const acked: string[] = [];
  let done = 0;
  let found = await settled(here.args, "plain");
  while (done < kills || (missing(found, acked) === 0 && done < 5 * kills)) {
    const from = done;
    const life = (index: number): Promise<string[]> =>
      lifeOf({ ...here.args, mode: "plain", prefix: `p${from + index}` });
    acked.push(...(await inParallel(kills, 4, life)).flat());
    done += kills;
    found = await settled(here.args, "plain");
  }
  const lost = missing(found, acked);
  tally.figure("control: kills", done);
  tally.figure("control: lost", lost);
  tally.figure("control: torn", found.torn);
  tally.check("the control, a bare append, is seen to lose acknowledged records", lost > 0);
}
