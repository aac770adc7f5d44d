import { join } from "node:path";
import { type Campaign, scratch, Tally } from "./campaign.ts";
import type { WriterArgs } from "./drivers/writer.ts";
import { audit } from "./numbered.ts";
import { startDriver } from "./processes.ts";

const WRITER = new URL("./drivers/writer.ts", import.meta.url);
const MB = 1_048_576;

const NUMBERS = {
  quick: { writers: 10, lines: 100, maxSize: 65_536 },
  full: { writers: 50, lines: 1_000, maxSize: MB },
} as const;

/** Many processes that write at once, with rotation. */
export const writers: Campaign = {
  name: "writers",
  promise:
    "processes that write at once lose no record, leave no incomplete or duplicate one, and no file exceeds its limit",
  async run(scale) {
    const tally = new Tally();
    const { writers: count, lines, maxSize } = NUMBERS[scale];
    await runWriters(tally, count, lines, maxSize, 1_000);
    await runWriters(tally, 4, 60, 65_536, 2);
    return tally;
  },
};

async function runWriters(
  tally: Tally,
  count: number,
  lines: number,
  maxSize: number,
  maxFiles: number,
): Promise<void> {
  using directory = scratch();
  const path = join(directory.path, "usage.jsonl");
  const args = { mode: "locked", path, lock: join(directory.path, "worker.lock"), first: 0, count: lines } as const;
  const bounds = { sizes: [960], maxSize, maxFiles, waitMs: count * 1.5 };
  const started = performance.now();
  const all = Array.from({ length: count }, (_, index) => {
    const given: WriterArgs = { ...args, ...bounds, prefix: `w${index}` };
    return startDriver(WRITER, given);
  });
  const errors = await Promise.all(all.map(({ ended }) => ended));
  const seconds = (performance.now() - started) / 1_000;
  const found = audit(path, maxSize);
  const acked = all.flatMap((writer) => writer.lines);
  const keepsAll = maxFiles === 1_000;
  const which = keepsAll ? "" : `, keeping ${maxFiles}`;
  if (keepsAll) {
    tally.figure("records", acked.length);
    tally.figure("ms per record", (seconds * 1_000) / acked.length);
    tally.figure("files", found.files);
    tally.equal("records acknowledged", acked.length, count * lines);
    tally.equal("records lost", acked.filter((id) => !found.ids.has(id)).length, 0);
    tally.check("the log was rotated", found.files > 1);
  } else tally.equal(`rotated files${which}`, found.files, maxFiles + 1);
  tally.equal(`errors of writers${which}`, errors.filter(Boolean), []);
  tally.equal(`incomplete lines${which}`, found.torn + Number(found.isUnfinished), 0);
  tally.equal(`duplicate records${which}`, [...found.ids.values()].filter((times) => times > 1).length, 0);
  tally.equal(`files over the limit${which}`, found.overLimit, 0);
  tally.equal(`files with a mode other than 0600${which}`, found.wide, []);
}
