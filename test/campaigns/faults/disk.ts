import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JsonlWriter } from "../../../src/monitoring/JsonlWriter.ts";
import { type Campaign, inParallel, scratch, Tally } from "./campaign.ts";
import { type Harness, type EndedProcess, freshHarness, skipPause } from "./harness.ts";
import { type DiskCase, diskCases } from "./disk-cases.ts";
import { limited, type Capabilities, capabilities, smallDisk } from "./capabilities.ts";
import { audit, numberedRecord } from "./numbered.ts";
import { waitFor, remainingProcesses } from "./processes.ts";

/** Errors from the disk, from permissions and from process limits. */
export const disk: Campaign = {
  name: "disk",
  promise:
    "for any disk error, the line is shown, no log line is incomplete, the error is reported, and records resume by themselves",
  isLinuxOnly: true,
  async run(scale) {
    const tally = new Tally();
    const have = capabilities();
    const chosen = diskCases.filter((one) => scale === "full" || one.isQuick);
    writerOnFullDisk(tally, have);
    await inParallel(chosen.length, 4, (index) => runCase(tally, chosen[index] as DiskCase, have));
    await fullOutput(tally);
    await fewDescriptors(tally, scale === "full" ? 40 : 24);
    tally.figure("faults", chosen.length + 2);
    return tally;
  },
};

/** A line that takes this long counts as hanging; Claude Code waits far longer. */
const HANGS_MS = 10_000;

function checkShown(tally: Tally, what: string, { code, err, rows, ms, isHung }: EndedProcess): void {
  const isShown = rows.length >= 1 && rows.length <= 2 && rows.every((row) => row !== "");
  tally.check(`${what}: the line is shown, exit 0, nothing on stderr`, code === 0 && err === "" && isShown, {
    code,
    err,
    rows,
  });
  tally.check(`${what}: the line does not hang`, !isHung && ms < HANGS_MS, ms);
}

async function runCase(tally: Tally, one: DiskCase, have: Capabilities): Promise<void> {
  const why = one.needs === null ? null : have[one.needs];
  if (why !== null) return tally.skip(one.name, why);
  using harness = freshHarness({ PET_USAGE_LOG_INTERVAL: "1000", PET_LOGGING_DEBUG: "true" }, one.delay);
  const place = one.prepare?.(harness) ?? null;
  try {
    await runFault(tally, one, harness, place);
  } catch (error) {
    tally.check(one.name, false, Bun.inspect(error));
  } finally {
    place?.[Symbol.dispose]();
  }
}

/** Runs one case: record, fault, line, report, end of the fault, record. */
async function runFault(tally: Tally, one: DiskCase, harness: Harness, place: Disposable | null): Promise<void> {
  const { name, start = {}, before = {} } = one;
  if (one.isAfterRecord) {
    await harness.line(before);
    await waitForWorkers(harness);
    await Bun.sleep(1_000);
  }
  const had = harness.ids("usage").length;
  tally.check(`${name}: a record before the fault`, had === (one.isAfterRecord ? 1 : 0), had);
  let mend = one.isLate ? null : one.fault(harness, place);
  rmSync(harness.asked, { force: true });
  try {
    checkShown(tally, name, await harness.line({ limitMs: HANGS_MS, ...start }));
    if (one.isLate) {
      tally.check(`${name}: the program is asked`, await waitFor(() => existsSync(harness.asked), HANGS_MS));
      mend = one.fault(harness, place);
    }
    if (one.isShort) {
      await Bun.sleep(1_500);
      mend?.();
      mend = null;
    }
    await waitForWorkers(harness);
    checkLines(tally, name, harness);
    // The line reports the state of the directory once the last record is three intervals old.
    if (one.isAfterRecord) await Bun.sleep(3_000);
    if (!one.isShort) await checkReported(tally, one, harness);
  } finally {
    mend?.();
  }
  skipPause(harness.files);
  const was = harness.ids("usage").length;
  if (one.isShort) tally.check(`${name}: the waiting worker wrote its record`, was > had, messagesOf(harness));
  const isBack = await waitFor(
    async () => {
      checkShown(tally, `${name}, over`, await harness.line({ limitMs: HANGS_MS, ...before }));
      await waitForWorkers(harness);
      return harness.ids("usage").length > was;
    },
    15_000,
    500,
  );
  tally.check(`${name}: records resume by themselves`, isBack, messagesOf(harness));
  checkLines(tally, `${name}, over`, harness);
}

/** Waits until the workers of a harness have exited. */
async function waitForWorkers({ home }: Harness): Promise<void> {
  const left = await remainingProcesses(home, 40_000);
  if (left.length > 0) throw new Error(`still running: ${JSON.stringify(left)}`);
}

function checkLines(tally: Tally, what: string, harness: Harness): void {
  const ids = harness.ids("usage");
  tally.equal(`${what}: incomplete lines`, ids.filter((id) => id === "torn").length, 0);
  tally.equal(`${what}: duplicate records`, ids.length - new Set(ids).size, 0);
  const path = join(harness.logs, "usage.jsonl");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  tally.check(`${what}: no incomplete last line`, text === "" || text.endsWith("\n"), text.slice(-100));
}

/** The last messages of a harness's workers. */
function messagesOf({ files }: Harness): string {
  return existsSync(files.messages) ? readFileSync(files.messages, "utf8").slice(-500) : "none";
}

/** Checks that the next line or doctor reports that logging does not work; counts which of them did. */
async function checkReported(tally: Tally, { name, start = {} }: DiskCase, harness: Harness): Promise<void> {
  const line = await harness.line({ limitMs: HANGS_MS, ...start });
  checkShown(tally, `${name}, again`, line);
  await waitForWorkers(harness);
  const inLine = line.rows.some((row) => row.includes("log stopped"));
  const doctor = await harness.doctor(start);
  const byDoctor = doctor.broken.filter((check) => check !== "settings");
  tally.check(`${name}: reported by the line or by doctor`, inLine || byDoctor.length > 0, { rows: line.rows, doctor });
  count(tally, "reported by the line", inLine);
  count(tally, "reported by doctor", byDoctor.length > 0);
}

function count(tally: Tally, figure: string, holds: boolean): void {
  tally.figure(figure, Number(tally.figures[figure] ?? 0) + Number(holds));
}

/** The writer on 64 KB: after each error the file is intact, and once there is space the same record is written. */
function writerOnFullDisk(tally: Tally, have: Capabilities): void {
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
      tally.equal("a writer on 64 KB: the error", (error as { code?: unknown }).code, "ENOSPC");
      const found = audit(path, bounds.maxSize);
      tally.equal("a writer on 64 KB: incomplete lines", found.torn, 0);
      tally.equal("a writer on 64 KB: records kept", found.ids.size, written);
      if (refused === 10) place.change("size=128k");
    }
  }
  const size = statSync(path).size;
  tally.check("a writer on 64 KB: resumed", size > 65_536, size);
}

/** A full stdout: exit 0, nothing on stderr, and the record is still written. */
async function fullOutput(tally: Tally): Promise<void> {
  using harness = freshHarness();
  const { code, err } = await harness.line({ stdout: Bun.file("/dev/full") });
  await waitForWorkers(harness);
  tally.equal(
    "stdout is /dev/full",
    { code, err, records: harness.ids("usage").length },
    { code: 0, err: "", records: 1 },
  );
}

/** The line under every limit of file descriptors with which a minimal Bun program can run. */
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
    checkShown(tally, `EMFILE, ${number} descriptors`, await harness.line({ through, limitMs: HANGS_MS }));
  }
  await waitForWorkers(harness);
  tally.figure("descriptors, minimum for a minimal program", least);
  checkShown(tally, "EMFILE, over", await harness.line());
}
