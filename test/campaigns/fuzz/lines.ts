import { linesIn } from "../../../src/utils/json.ts";
import type { Phase } from "../../../src/sources/contract.ts";
import { readAlone } from "../../sources/alone.ts";
import { SourceHarness } from "../../sources/harness.ts";
import { filesOf, growsByLines, type HomeFile, put } from "../../sources/home.ts";
import { type Mutant, mutant, renumbered } from "../../sources/mutate.ts";
import { Random } from "../../sources/random.ts";
import type { RecordedHome } from "../../sources/recorded.ts";
import { checkNeighbours, intactOf } from "./intact.ts";
import type { Tally } from "./tally.ts";
import { UsageRecord } from "./usage-record.ts";

const NEWLINE = Buffer.from("\n");

/** A line of a recorded file, and the reader's memory after it. */
interface Line {
  readonly file: HomeFile;
  readonly bytes: Buffer;
  readonly from: number;
  /** The reader's memory after the line, in each phase. */
  readonly memory: { readonly usage: unknown; readonly activity: unknown };
  readonly isUsage: boolean;
}

/** Reads the lines of a file one by one. */
function linesOf(harness: SourceHarness, file: HomeFile): Line[] {
  const memory: { usage: unknown; activity: unknown } = { usage: null, activity: null };
  const lines: Line[] = [];
  for (const { from, to } of linesIn(file.bytes)) {
    const whole = file.bytes.subarray(from, to + 1);
    const [usage, activity] = (["usage", "activity"] as const).map((phase) =>
      readAlone(harness, file, phase, whole, from, memory[phase]),
    );
    Object.assign(memory, { usage: usage?.memory, activity: activity?.memory });
    const isUsage = usage?.observed.some(({ kind }) => kind === "response") ?? false;
    lines.push({ file, bytes: file.bytes.subarray(from, to), from, memory: structuredClone(memory), isUsage });
  }
  return lines;
}

/**
 * Inserts damaged copies of lines, with their own ids, between the lines of a home. Each copy is first read alone to
 * see what becomes of it. Then all are scanned together, and the ledger must contain every response of the undamaged
 * home unchanged.
 */
export async function fuzzLines(home: RecordedHome, count: number, seed: number, tally: Tally): Promise<void> {
  const random = new Random(seed);
  const files = filesOf(home);
  const intact = await intactOf(home, files);
  using harness = new SourceHarness([home.source]);
  for (const file of files) put(harness, file);
  const lines = files.filter(growsByLines).flatMap((file) => linesOf(harness, file));
  if (lines.length === 0) return;
  const usageLines = lines.filter(({ isUsage }) => isUsage);
  const usage = new Map<Line, UsageRecord | null>();
  const placed = new Map<Line, Buffer[]>();
  for (let done = 0; done < count; done++) {
    // Half of the damage is to the few lines with usage.
    const line = random.of(usageLines.length > 0 && random.below(2) === 0 ? usageLines : lines);
    const fresh = renumbered(line.bytes, intact.ids, done + 1);
    const { how, bytes } = random.below(20) === 0 ? afterTorn(random.of(lines), fresh, random) : mutant(fresh, random);
    const what = `${home.name}, seed ${seed}, record ${done} of ${line.file.path} byte ${line.from} (${how})`;
    tally.records++;
    await tally.try(what, bytes, () => {
      const read = (some: Buffer, phase: Phase = "usage") =>
        readAlone(harness, line.file, phase, Buffer.concat([some, NEWLINE]), line.from, line.memory[phase]);
      read(bytes, "activity");
      if (!usage.has(line)) usage.set(line, UsageRecord.of(fresh, read));
      const alone = read(bytes);
      // A copy that changes the reader's memory would change the meaning of following lines, so it is appended at the
      // end.
      const place = Bun.deepEquals(alone.memory, line.memory.usage)
        ? line
        : lines.findLast(({ file }) => file === line.file);
      // A copy whose id could not be changed would be the record itself.
      if (place && !(line.isUsage && fresh.equals(line.bytes)))
        placed.set(place, [...(placed.get(place) ?? []), bytes]);
      const record = usage.get(line);
      if (record?.isUnderstood) tally.record(record.fateOf(bytes, alone), what, bytes);
    });
  }
  using together = new SourceHarness([home.source]);
  for (const file of files) {
    const own = lines.filter((line) => line.file === file);
    const parts = own.flatMap((line) => [line.bytes, ...(placed.get(line) ?? [])]).flatMap((one) => [one, NEWLINE]);
    put(together, file, own.length > 0 ? Buffer.concat(parts) : file.bytes);
  }
  await checkNeighbours(together, intact, tally, `${home.name}, seed ${seed}, lines`);
}

/** A record appended to the beginning of another one, as after a power failure. */
function afterTorn(other: Line, bytes: Buffer, random: Random): Mutant {
  const torn = other.bytes.subarray(0, random.below(Math.max(other.bytes.length - 1, 1)));
  return { how: "after a torn line", bytes: Buffer.concat([torn, bytes]) };
}
