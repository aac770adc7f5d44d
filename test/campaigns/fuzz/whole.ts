import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readAlone } from "../../sources/alone.ts";
import { SourceHarness } from "../../sources/harness.ts";
import { isDatabase } from "../../sources/grow.ts";
import { filesOf, growsByLines, type HomeFile, put } from "../../sources/home.ts";
import { mutant, renumbered } from "../../sources/mutate.ts";
import { Random } from "../../sources/random.ts";
import type { RecordedHome } from "../../sources/recorded.ts";
import { checkNeighbours, intactOf } from "./intact.ts";
import type { Tally } from "./tally.ts";
import { UsageRecord } from "./usage-record.ts";

/** Number of additional files in a home at once. */
const AT_ONCE = 500;

/** Adds damaged copies of documents, with their own ids and names, to a home. */
export async function fuzzDocuments(home: RecordedHome, count: number, seed: number, tally: Tally): Promise<void> {
  const random = new Random(seed);
  const files = filesOf(home);
  const intact = await intactOf(home, files);
  const documents = files.filter(({ store }) => store?.kind === "document");
  if (documents.length === 0) return;
  using original = new SourceHarness([home.source]);
  for (const file of files) put(original, file);
  const usage = new Map<HomeFile, UsageRecord | null>();
  for (let done = 0; done < count;) {
    using harness = new SourceHarness([home.source]);
    for (const file of files) put(harness, file);
    const upTo = Math.min(done + AT_ONCE, count);
    for (; done < upTo; done++) {
      const file = random.of(documents);
      const fresh = renumbered(file.bytes, intact.ids, done + 1);
      const { how, bytes } = mutant(fresh, random);
      const what = `${home.name}, seed ${seed}, document ${done} of ${file.path} (${how})`;
      tally.records++;
      const path = renumbered(Buffer.from(file.path), intact.ids, done + 1).toString();
      if (path !== file.path) put(harness, file, bytes, path);
      await tally.try(what, bytes, () => {
        const read = (some: Buffer) => readAlone(original, { ...file, path }, "usage", some, 0, null);
        readAlone(original, { ...file, path }, "activity", bytes, 0, null);
        if (!usage.has(file)) usage.set(file, UsageRecord.of(fresh, read));
        const alone = read(bytes);
        const record = usage.get(file);
        if (record?.isUnderstood) tally.record(record.fateOf(bytes, alone), what, bytes);
      });
    }
    await checkNeighbours(harness, intact, tally, `${home.name}, seed ${seed}, documents up to ${upTo}`);
  }
}

/** Damages whole databases and compressed files. Once the intact file is back, all of its responses must be counted. */
export async function fuzzFiles(home: RecordedHome, count: number, seed: number, tally: Tally): Promise<void> {
  const random = new Random(seed);
  const files = filesOf(home);
  const intact = await intactOf(home, files);
  const packed = files
    .filter((file) => growsByLines(file) && file.store?.owns(`${file.path.slice(file.root.length + 1)}.zst`))
    .map((file) => ({ ...file, path: `${file.path}.zst`, bytes: Buffer.from(Bun.zstdCompressSync(file.bytes)) }));
  const whole = [...files.filter(({ bytes, path }) => isDatabase(bytes) || path.endsWith(".zst")), ...packed];
  for (let done = 0; done < count && whole.length > 0; done++) {
    const file = random.of(whole);
    using harness = new SourceHarness([home.source]);
    for (const one of files) if (`${one.path}.zst` !== file.path) put(harness, one);
    const what = `${home.name}, seed ${seed}, file ${done}, ${file.path}`;
    tally.records++;
    const bytes = broken(file.bytes, random);
    await tally.try(what, "", async () => {
      // Only new rows of a database are read, so rows damaged before the first scan may stay damaged.
      if (isDatabase(file.bytes)) {
        put(harness, file);
        await harness.scan();
      }
      put(harness, file, bytes);
      utimesSync(join(harness.home, file.path), new Date(), new Date());
      await harness.scan();
      writeFileSync(join(harness.home, file.path), file.bytes);
      await checkNeighbours(harness, intact, tally, what, "at least");
    });
  }
}

function broken(bytes: Buffer, random: Random): Buffer {
  if (random.below(3) === 0) return bytes.subarray(0, random.below(bytes.length));
  const copy = Buffer.from(bytes);
  for (let flips = 1 + random.below(200); flips > 0; flips--) {
    const place = random.below(random.below(3) === 0 ? Math.min(4_096, copy.length) : copy.length);
    copy[place] = (copy[place] ?? 0) ^ (1 << random.below(8));
  }
  return copy;
}
