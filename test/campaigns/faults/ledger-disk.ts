import { constants, Database } from "bun:sqlite";
import { appendFileSync, chownSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { dumpOf, integrityOf, type Totals, totalsIn } from "../../ledger/dump.ts";
import { responseLine, TEN } from "../../ledger/home.ts";
import { type Campaign, scratch, Tally } from "./campaign.ts";
import type { Failure } from "./drivers/scanner.ts";
import { type Means, means, NOBODY, smallDisk } from "./means.ts";
import { judge, scanned, scannedHome, type ScannedHome, totalsOf } from "./scanning.ts";

const NUMBERS = {
  quick: { megabytes: 1, sizes: [640] },
  full: { megabytes: 4, sizes: [64, 256, 1_024, 2_048] },
};

/** A disk that refuses, and files that are not ours or no ledger in the ledger's place. */
export const ledgerDisk: Campaign = {
  name: "ledger-disk",
  promise: "a scan that the disk refuses fails and says so, spoils nothing, and goes on once it may",
  isLinuxOnly: true,
  async run(scale) {
    const tally = new Tally();
    const { megabytes, sizes } = NUMBERS[scale];
    const have = means();
    using home = scannedHome(megabytes);
    if (have.mount === null) {
      for (const kib of sizes) await tooSmall(tally, home, kib);
      await filledUp(tally, home);
      await readOnly(tally, home);
    } else tally.skip("a full or read-only disk", have.mount);
    await notOurs(tally, home, have);
    await noLedger(tally, home);
    return tally;
  },
};

/** A failure that tells what it is about: our own error, with a code and the path. */
function toldWell(tally: Tally, what: string, failure: Failure | null, ...codes: readonly string[]): void {
  tally.check(`${what}: it fails`, failure !== null);
  if (failure === null) return;
  const isKnown = failure.code !== null && codes.includes(failure.code);
  tally.check(`${what}: the error says what it is (${codes.join(", ")})`, isKnown, failure);
}

/** From the first scan on there is not enough space; then there is. */
async function tooSmall(tally: Tally, home: ScannedHome, kib: number): Promise<void> {
  const what = `a disk of ${kib} KiB`;
  using place = scratch();
  using disk = smallDisk(join(place.path, "disk"), `size=${kib}k`);
  const job = { ledger: join(disk.path, "ledger.db"), home: home.home, scans: 1 };
  for (let tries = 0; tries < 3; tries++) {
    toldWell(tally, what, await scanned({ ...job, threads: tries === 1 }), "disk_full");
  }
  disk.change("size=256m");
  tally.equal(`${what}, with space: a scan`, await scanned(job), null);
  judge(tally, what, job.ledger, totalsOf(home.truth));
}

/** A ledger that holds everything, and a disk that has not one byte left when a line is appended. */
async function filledUp(tally: Tally, home: ScannedHome): Promise<void> {
  const what = "a disk that is full";
  using place = scratch();
  using disk = smallDisk(join(place.path, "disk"), "size=256m");
  const job = { ledger: join(disk.path, "ledger.db"), home: home.home, scans: 1 };
  tally.equal(`${what}: a scan before`, await scanned(job), null);
  const before = dumpOf(job.ledger);
  disk.change("size=64m");
  disk.fill();
  const totals = grow(home, 2_000);
  toldWell(tally, what, await scanned(job), "disk_full");
  disk.free();
  tally.equal(`${what}: what the ledger holds is as it was`, Bun.deepEquals(dumpOf(job.ledger), before), true);
  tally.equal(`${what}: SQLite finds the file sound`, integrityOf(job.ledger), "ok");
  tally.equal(`${what}, with space: a scan`, await scanned(job), null);
  judge(tally, what, job.ledger, totals);
}

/** How many lines were appended to the home so far. */
const grown = new WeakMap<ScannedHome, number>();

/** Appends responses to the home; what all of its responses then come to. */
function grow(home: ScannedHome, lines: number): Totals {
  const from = grown.get(home) ?? 0;
  const path = join(home.home, ".claude/projects/p/late.jsonl");
  mkdirSync(dirname(path), { recursive: true });
  for (let id = from; id < from + lines; id++) {
    appendFileSync(path, `${responseLine(`late${id}`, { session: "late", at: TEN + id * 1_000, output: 1 })}\n`);
  }
  grown.set(home, from + lines);
  return expected(home);
}

function expected(home: ScannedHome): Totals {
  const truth = totalsOf(home.truth);
  const more = grown.get(home) ?? 0;
  return {
    ...truth,
    responses: truth.responses + more,
    input: truth.input + more,
    output: truth.output + more,
  };
}

/** A file system that may be read only, at first and after a scan. */
async function readOnly(tally: Tally, home: ScannedHome): Promise<void> {
  using place = scratch();
  using disk = smallDisk(join(place.path, "disk"), "size=256m");
  const job = { ledger: join(disk.path, "ledger.db"), home: home.home, scans: 1 };
  disk.change("ro");
  toldWell(tally, "read-only, no ledger yet", await scanned(job), "write_failed");
  disk.change("rw");
  tally.equal("read-only, over: a scan", await scanned(job), null);
  const before = dumpOf(job.ledger);
  const totals = grow(home, 5);
  disk.change("ro");
  toldWell(tally, "read-only, with a ledger", await scanned(job), "write_failed");
  disk.change("rw");
  tally.equal("read-only: what the ledger holds is as it was", Bun.deepEquals(dumpOf(job.ledger), before), true);
  tally.equal("read-only, over: a scan with a ledger", await scanned(job), null);
  judge(tally, "read-only, over", job.ledger, totals);
}

/** In the ledger's place lies a link, another user's file, a file with two names, a folder, a pipe. */
async function notOurs(tally: Tally, home: ScannedHome, have: Means): Promise<void> {
  const cases: readonly (readonly [what: string, put: (path: string, victim: string) => void])[] = [
    ["a link", (path, victim) => symlinkSync(victim, path)],
    ["a link to nowhere", (path, victim) => symlinkSync(`${victim}-missing`, path)],
    ["a second name of a file", (path, victim) => linkSync(victim, path)],
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
    toldWell(tally, what, await scanned({ ledger, home: home.home, scans: 1 }), "file_refused");
    tally.equal(`${what}: the victim is as it was`, readFileSync(victim, "utf8"), "precious");
  }
}

/** In the ledger's place lies a file of ours that is no ledger, a damaged one, or one of a later version. */
async function noLedger(tally: Tally, home: ScannedHome): Promise<void> {
  const whole = home.ledger("whole");
  tally.equal("a whole ledger", await scanned({ ledger: whole, home: home.home, scans: 1 }), null);
  tally.equal("a whole ledger: totals", totalsIn(whole), expected(home));
  // Everything into the one file, so that it may be copied.
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
    toldWell(tally, what, await scanned({ ledger, home: home.home, scans: 1 }), ...codes);
    tally.check(`${what}: not one byte of it is changed`, readFileSync(ledger).equals(content));
  }
}

/** The bytes of a database with another PRAGMA user_version. */
function withVersion(bytes: Buffer, version: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt32BE(version, 60);
  return changed;
}
