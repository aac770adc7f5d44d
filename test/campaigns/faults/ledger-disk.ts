import { constants, Database } from "bun:sqlite";
import { appendFileSync, chownSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { dumpOf, integrityOf, type Totals, totalsIn } from "../../ledger/dump.ts";
import { responseLine, TEN } from "../../ledger/home.ts";
import { type Campaign, scratch, Tally } from "./campaign.ts";
import type { Failure } from "./drivers/scanner.ts";
import { type Capabilities, capabilities, NOBODY, smallDisk } from "./capabilities.ts";
import { checkLedger, runScan, scannedHome, type ScannedHome, totalsOf } from "./scanning.ts";

const NUMBERS = {
  quick: { megabytes: 1, sizes: [640] },
  full: { megabytes: 4, sizes: [64, 256, 1_024, 2_048] },
};

/** Disk errors, and foreign or invalid files in the ledger's place. */
export const ledgerDisk: Campaign = {
  name: "ledger-disk",
  promise: "a scan with a disk error fails with a message, damages nothing, and continues once the error is gone",
  isLinuxOnly: true,
  async run(scale) {
    const tally = new Tally();
    const { megabytes, sizes } = NUMBERS[scale];
    const have = capabilities();
    using home = scannedHome(megabytes);
    if (have.mount === null) {
      for (const kib of sizes) await checkSmallDisk(tally, home, kib);
      await checkFullDisk(tally, home);
      await checkReadOnly(tally, home);
    } else tally.skip("a full or read-only disk", have.mount);
    await checkForeignFiles(tally, home, have);
    await checkInvalidLedgers(tally, home);
    return tally;
  },
};

/** Checks that a failure is one of our errors, with an expected code and the path. */
function checkError(tally: Tally, what: string, failure: Failure | null, ...codes: readonly string[]): void {
  tally.check(`${what}: it fails`, failure !== null);
  if (failure === null) return;
  const isKnown = failure.code !== null && codes.includes(failure.code);
  tally.check(`${what}: the error has its code (${codes.join(", ")})`, isKnown, failure);
}

/** A disk without enough space from the first scan on, and then with enough. */
async function checkSmallDisk(tally: Tally, home: ScannedHome, kib: number): Promise<void> {
  const what = `a disk of ${kib} KiB`;
  using place = scratch();
  using disk = smallDisk(join(place.path, "disk"), `size=${kib}k`);
  const job = { ledger: join(disk.path, "ledger.db"), home: home.home, scans: 1 };
  for (let tries = 0; tries < 3; tries++) {
    checkError(tally, what, await runScan({ ...job, threads: tries === 1 }), "disk_full");
  }
  disk.change("size=256m");
  tally.equal(`${what}, with space: a scan`, await runScan(job), null);
  checkLedger(tally, what, job.ledger, totalsOf(home.truth));
}

/** A complete ledger on a disk that is completely full when a line is appended. */
async function checkFullDisk(tally: Tally, home: ScannedHome): Promise<void> {
  const what = "a full disk";
  using place = scratch();
  using disk = smallDisk(join(place.path, "disk"), "size=256m");
  const job = { ledger: join(disk.path, "ledger.db"), home: home.home, scans: 1 };
  tally.equal(`${what}: a scan before`, await runScan(job), null);
  const before = dumpOf(job.ledger);
  disk.change("size=64m");
  disk.fill();
  const totals = grow(home, 2_000);
  checkError(tally, what, await runScan(job), "disk_full");
  disk.free();
  tally.equal(`${what}: the content of the ledger is unchanged`, Bun.deepEquals(dumpOf(job.ledger), before), true);
  tally.equal(`${what}: SQLite finds the file intact`, integrityOf(job.ledger), "ok");
  tally.equal(`${what}, with space: a scan`, await runScan(job), null);
  checkLedger(tally, what, job.ledger, totals);
}

/** Number of lines appended to each home so far. */
const grown = new WeakMap<ScannedHome, number>();

/** Appends responses to the home and returns the totals of all its responses. */
function grow(home: ScannedHome, lines: number): Totals {
  const from = grown.get(home) ?? 0;
  const path = join(home.home, ".claude/projects/p/late.jsonl");
  mkdirSync(dirname(path), { recursive: true });
  for (let id = from; id < from + lines; id++) {
    appendFileSync(path, `${responseLine(`late${id}`, { session: "late", at: TEN + id * 1_000, output: 1 })}\n`);
  }
  grown.set(home, from + lines);
  return expectedTotals(home);
}

function expectedTotals(home: ScannedHome): Totals {
  const truth = totalsOf(home.truth);
  const more = grown.get(home) ?? 0;
  return {
    ...truth,
    responses: truth.responses + more,
    input: truth.input + more,
    output: truth.output + more,
  };
}

/** A read-only file system, from the start and after a scan. */
async function checkReadOnly(tally: Tally, home: ScannedHome): Promise<void> {
  using place = scratch();
  using disk = smallDisk(join(place.path, "disk"), "size=256m");
  const job = { ledger: join(disk.path, "ledger.db"), home: home.home, scans: 1 };
  disk.change("ro");
  checkError(tally, "read-only, no ledger yet", await runScan(job), "write_failed");
  disk.change("rw");
  tally.equal("read-only, over: a scan", await runScan(job), null);
  const before = dumpOf(job.ledger);
  const totals = grow(home, 5);
  disk.change("ro");
  checkError(tally, "read-only, with a ledger", await runScan(job), "write_failed");
  disk.change("rw");
  tally.equal("read-only: the content of the ledger is unchanged", Bun.deepEquals(dumpOf(job.ledger), before), true);
  tally.equal("read-only, over: a scan with a ledger", await runScan(job), null);
  checkLedger(tally, "read-only, over", job.ledger, totals);
}

/** A link, another user's file, a hard-linked file, a folder or a pipe in the ledger's place. */
async function checkForeignFiles(tally: Tally, home: ScannedHome, have: Capabilities): Promise<void> {
  const cases: readonly (readonly [what: string, put: (path: string, victim: string) => void])[] = [
    ["a link", (path, victim) => symlinkSync(victim, path)],
    ["a link to nowhere", (path, victim) => symlinkSync(`${victim}-missing`, path)],
    ["a hard link to a file", (path, victim) => linkSync(victim, path)],
    ["a folder", (path) => mkdirSync(path)],
    ["a pipe", (path) => void Bun.spawnSync(["mkfifo", path])],
    ["another user's file", (path) => (writeFileSync(path, ""), chownSync(path, NOBODY, NOBODY))],
  ];
  for (const [what, put] of cases) {
    if (what === "another user's file" && have.nobody !== null) {
      tally.skip(what, have.nobody);
      continue;
    }
    using place = scratch();
    const [ledger, victim] = [join(place.path, "ledger.db"), join(place.path, "victim")];
    writeFileSync(victim, "precious");
    put(ledger, victim);
    checkError(tally, what, await runScan({ ledger, home: home.home, scans: 1 }), "file_refused");
    tally.equal(`${what}: the victim is unchanged`, readFileSync(victim, "utf8"), "precious");
  }
}

/** A file that is not a ledger, a damaged ledger, or a newer ledger in the ledger's place. */
async function checkInvalidLedgers(tally: Tally, home: ScannedHome): Promise<void> {
  const whole = home.ledger("whole");
  tally.equal("a whole ledger", await runScan({ ledger: whole, home: home.home, scans: 1 }), null);
  tally.equal("an intact ledger: totals", totalsIn(whole), expectedTotals(home));
  // Moves everything into one file, so that it can be copied.
  using database = new Database(whole, constants.SQLITE_OPEN_READWRITE);
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  const bytes = readFileSync(whole);
  const cases: readonly (readonly [what: string, content: Uint8Array, ...codes: string[]])[] = [
    ["random bytes", crypto.getRandomValues(new Uint8Array(65_536)), "file_refused"],
    ["a few words", new TextEncoder().encode("no ledger\n"), "file_refused"],
    ["a ledger without its beginning", bytes.subarray(4_096), "file_refused"],
    ["a ledger cut in half", bytes.subarray(0, bytes.length >> 1), "file_refused"],
    ["a ledger of a later version", withVersion(bytes, 999), "ledger_newer"],
  ];
  for (const [what, content, ...codes] of cases) {
    using place = scratch();
    const ledger = join(place.path, "ledger.db");
    writeFileSync(ledger, content);
    checkError(tally, what, await runScan({ ledger, home: home.home, scans: 1 }), ...codes);
    tally.check(`${what}: its bytes are unchanged`, readFileSync(ledger).equals(content));
  }
}

/** Returns the bytes of a database with another PRAGMA user_version. */
function withVersion(bytes: Buffer, version: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt32BE(version, 60);
  return changed;
}
