import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JsonlWriter } from "../../../src/monitoring/JsonlWriter.ts";
import { type Campaign, inParallel, scratch, Tally } from "./campaign.ts";
import { type Harness, type Ended, freshHarness, letPausePass } from "./harness.ts";
import { type DiskCase, diskCases } from "./disk-cases.ts";
import { limited, type Means, means, smallDisk } from "./means.ts";
import { audit, numberedRecord } from "./numbered.ts";
import { waitFor, whoStays } from "./processes.ts";

/** A disk, a permission or a limit that refuses. */
export const disk: Campaign = {
  name: "disk",
  promise:
    "whatever the disk refuses, the line is shown, no line is torn, it is told, and records resume by themselves",
  isLinuxOnly: true,
  async run(scale) {
    const tally = new Tally();
    const have = means();
    const chosen = diskCases.filter((one) => scale === "full" || one.isQuick);
    writerOnFullDisk(tally, have);
    await inParallel(chosen.length, 4, (index) => tried(tally, chosen[index] as DiskCase, have));
    await fullOutput(tally);
    await fewDescriptors(tally, scale === "full" ? 40 : 24);
    tally.figure("faults", chosen.length + 2);
    return tally;
  },
};

/** Claude Code waits far longer; a line that takes this long hangs. */
const HANGS_MS = 10_000;

function shown(tally: Tally, what: string, { code, err, rows, ms, isHung }: Ended): void {
  const isShown = rows.length >= 1 && rows.length <= 2 && rows.every((row) => row !== "");
  tally.check(`${what}: the line is shown, exit 0, nothing on stderr`, code === 0 && err === "" && isShown, {
    code,
    err,
    rows,
  });
  tally.check(`${what}: the line does not hang`, !isHung && ms < HANGS_MS, ms);
}

async function tried(tally: Tally, one: DiskCase, have: Means): Promise<void> {
  const why = one.needs === null ? null : have[one.needs];
  if (why !== null) return tally.skip(one.name, why);
  using harness = freshHarness({ PET_USAGE_LOG_INTERVAL: "1000", PET_LOGGING_DEBUG: "true" }, one.delay);
  const place = one.prepare?.(harness) ?? null;
  try {
    await story(tally, one, harness, place);
  } catch (error) {
    tally.check(one.name, false, Bun.inspect(error));
  } finally {
    place?.[Symbol.dispose]();
  }
}

/** Record, fault, line, what is told, fault over, record. */
async function story(tally: Tally, one: DiskCase, harness: Harness, place: Disposable | null): Promise<void> {
  const { name, start = {}, before = {} } = one;
  if (one.isAfterRecord) {
    await harness.line(before);
    await quiet(harness);
    await Bun.sleep(1_000);
  }
  const had = harness.ids("usage").length;
  tally.check(`${name}: a record before the fault`, had === (one.isAfterRecord ? 1 : 0), had);
  let mend = one.isLate ? null : one.fault(harness, place);
  rmSync(harness.asked, { force: true });
  try {
    shown(tally, name, await harness.line({ limitMs: HANGS_MS, ...start }));
    if (one.isLate) {
      tally.check(`${name}: the program is asked`, await waitFor(() => existsSync(harness.asked), HANGS_MS));
      mend = one.fault(harness, place);
    }
    if (one.isShort) {
      await Bun.sleep(1_500);
      mend?.();
      mend = null;
    }
    await quiet(harness);
    wholeLines(tally, name, harness);
    // The line says what the directory looks like once the last record is three intervals old.
    if (one.isAfterRecord) await Bun.sleep(3_000);
    if (!one.isShort) await told(tally, one, harness);
  } finally {
    mend?.();
  }
  letPausePass(harness.files);
  const was = harness.ids("usage").length;
  if (one.isShort) tally.check(`${name}: the waiting worker wrote its record`, was > had, messagesOf(harness));
  const isBack = await waitFor(
    async () => {
      shown(tally, `${name}, over`, await harness.line({ limitMs: HANGS_MS, ...before }));
      await quiet(harness);
      return harness.ids("usage").length > was;
    },
    15_000,
    500,
  );
  tally.check(`${name}: records resume by themselves`, isBack, messagesOf(harness));
  wholeLines(tally, `${name}, over`, harness);
}

/** Waits for the workers of a harness to end. */
async function quiet({ home }: Harness): Promise<void> {
  const left = await whoStays(home, 40_000);
  if (left.length > 0) throw new Error(`still running: ${JSON.stringify(left)}`);
}

function wholeLines(tally: Tally, what: string, harness: Harness): void {
  const ids = harness.ids("usage");
  tally.equal(`${what}: torn lines`, ids.filter((id) => id === "torn").length, 0);
  tally.equal(`${what}: doubled records`, ids.length - new Set(ids).size, 0);
  const path = join(harness.logs, "usage.jsonl");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  tally.check(`${what}: no torn tail`, text === "" || text.endsWith("\n"), text.slice(-100));
}

/** The last of what the workers of a harness had to say. */
function messagesOf({ files }: Harness): string {
  return existsSync(files.messages) ? readFileSync(files.messages, "utf8").slice(-500) : "none";
}

/** That logging does not work is said by the next line or by doctor; which of them is a figure. */
async function told(tally: Tally, { name, start = {} }: DiskCase, harness: Harness): Promise<void> {
  const line = await harness.line({ limitMs: HANGS_MS, ...start });
  shown(tally, `${name}, again`, line);
  await quiet(harness);
  const inLine = line.rows.some((row) => row.includes("log stopped"));
  const doctor = await harness.doctor(start);
  const byDoctor = doctor.broken.filter((check) => check !== "settings");
  tally.check(`${name}: told by the line or by doctor`, inLine || byDoctor.length > 0, { rows: line.rows, doctor });
  count(tally, "told by the line", inLine);
  count(tally, "told by doctor", byDoctor.length > 0);
}

function count(tally: Tally, figure: string, holds: boolean): void {
  tally.figure(figure, Number(tally.figures[figure] ?? 0) + Number(holds));
}

/** The writer itself on 64 KB: at each refusal the file is whole, and once there is space the same record is written. */
function writerOnFullDisk(tally: Tally, have: Means): void {
  if (have.mount !== null) return tally.skip("a writer on 64 KB", have.mount);
  using above = scratch();
  using place = smallDisk(join(above.path, "disk"), "size=64k");
  const path = join(place.path, "usage.jsonl");
  const bounds = { maxSize: 1_048_576, maxFiles: 10 };
  const writer = new JsonlWriter(path, bounds);
  let written = 0;
  let refused = 0;
  while (refused < 20) {
    try {
      writer.append(numberedRecord(`r-${written}`, 9_000));
      written++;
    } catch (error) {
      refused++;
      tally.equal("a writer on 64 KB: the refusal", (error as { code?: unknown }).code, "ENOSPC");
      const found = audit(path, bounds.maxSize);
      tally.equal("a writer on 64 KB: torn", found.torn, 0);
      tally.equal("a writer on 64 KB: kept", found.ids.size, written);
      if (refused === 10) place.change("size=128k");
    }
  }
  const size = statSync(path).size;
  tally.check("a writer on 64 KB: resumed", size > 65_536, size);
}

/** A stdout that takes nothing: exit 0, nothing on stderr, and the record is made all the same. */
async function fullOutput(tally: Tally): Promise<void> {
  using harness = freshHarness();
  const { code, err } = await harness.line({ stdout: Bun.file("/dev/full") });
  await quiet(harness);
  tally.equal(
    "stdout is /dev/full",
    { code, err, records: harness.ids("usage").length },
    { code: 0, err: "", records: 1 },
  );
}

/** The line under every number of descriptors with which a bare program of this runtime can print a word. */
async function fewDescriptors(tally: Tally, most: number): Promise<void> {
  using harness = freshHarness();
  let least = 0;
  const bareProgram = join(harness.home, "bare.js");
  writeFileSync(bareProgram, "console.log(await Bun.stdin.text())");
  for (let number = 4; number <= most; number++) {
    const through = limited(`-n ${number}`);
    const bare = Bun.spawnSync([...through, process.execPath, bareProgram], {
      stdin: new TextEncoder().encode("x"),
    });
    if (bare.stdout.toString().trim() !== "x") continue;
    least ||= number;
    shown(tally, `EMFILE, ${number} descriptors`, await harness.line({ through, limitMs: HANGS_MS }));
  }
  await quiet(harness);
  tally.figure("descriptors, least for a bare program", least);
  shown(tally, "EMFILE, over", await harness.line());
}
