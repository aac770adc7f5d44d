// Compares the cost of counting with ccusage, on a generated history with known totals: bun run bench:ledger [--help]
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "../../../src/install/bundle.ts";
import { ISOLATED } from "../../../src/utils/paths.ts";
import { cacheFolder } from "../e2e/claude.ts";
import { cachedCorpus, type Truth } from "../../ledger/corpus.ts";
import { totalsIn } from "../../ledger/dump.ts";
import { responseLine, TEN } from "../../ledger/home.ts";
import { againstPeer, againstTruth, type Daily } from "./ledger-equal.ts";
import { type Figure, figuresText } from "./ledger-figures.ts";
import { median, peakMib, type Program, time } from "./measure.ts";
import { fetchPeers, peers } from "./peers.ts";

const HELP = `bun run bench:ledger: compares the cost of counting, the activity phase and a report with ccusage

  --rounds N   rounds of each (5)
  --mb N       megabytes of transcripts (1024)
  --files N    files they are in (996)
  --grow       also measures four times as much data, which needs 9 GB of disk space in the cache`;

const SEED = 7;
/**
 * Repetitions of the short measurements within a round, which take a twentieth of the others: at first the disk is
 * still writing.
 */
const SHORT = 5;
/** A report whose small result is not known in advance. */
const REPORT = ["daily", "--json", "--timezone", "UTC"];
const failures: string[] = [];

/** A home, and how pawprint and ccusage are run on it. */
class Place implements Disposable {
  readonly home: string;
  readonly truth: Truth;
  readonly #folder = mkdtempSync(join(tmpdir(), "pawprint-bench-ledger-"));
  readonly #entryFile: string;
  #ledgers = 0;
  #lines = 0;

  constructor(entryFile: string, megabytes: number, files: number) {
    const corpus = cachedCorpus(join(cacheFolder(), "corpus"), { megabytes, files, seed: SEED });
    this.home = corpus.home;
    this.truth = corpus.truth;
    this.#entryFile = entryFile;
    this.shrink();
  }

  [Symbol.dispose](): void {
    this.shrink();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Reads everything once, so that no measurement waits for the disk, whose speed varies widely. */
  warm(): void {
    for (const name of readdirSync(this.home, { recursive: true, encoding: "utf8" })) {
      if (name.endsWith(".jsonl")) readFileSync(join(this.home, name));
    }
  }

  get ledger(): string {
    return join(this.#folder, String(this.#ledgers), "ledger.db");
  }

  /** Deletes the ledger and waits for the disk, so that the next one starts from nothing. */
  forget(): void {
    rmSync(join(this.#folder, String(this.#ledgers++)), { recursive: true, force: true });
    syncDisk();
  }

  /** Appends one response, as happens between two reports. */
  grow(): void {
    appendFileSync(this.#late, `${responseLine(`late${this.#lines++}`, { session: "late", at: TEN })}\n`);
  }

  /** Removes what was appended. */
  shrink(): void {
    rmSync(this.#late, { force: true });
  }

  get #late(): string {
    const projects = join(this.home, ".claude/projects");
    return join(projects, readdirSync(projects).toSorted()[0] ?? "", "late.jsonl");
  }

  ours(name: string, ...args: string[]): Program {
    const command = [process.execPath, ...ISOLATED, this.#entryFile, ...args];
    return { ...this.#program(name, command), expects: args.includes("--json") ? "{" : "" };
  }

  ccusage(path: string): Program {
    return this.#program("ccusage", [path, "daily", "--json", "--offline", "--timezone", "UTC"]);
  }

  #program(name: string, command: string[]): Program {
    const env = { HOME: this.home, PATH: process.env["PATH"] ?? "", TZ: "UTC", PET_LEDGER_PATH: this.ledger };
    return { name, command, cwd: this.#folder, env, input: () => "", expects: "totals" };
  }
}

/** Waits for pending writes, so that no measurement includes them. */
const syncDisk = (): unknown => Bun.spawnSync(["sync"]);

/** Wall times of one round, milliseconds. */
interface Round {
  readonly first: number;
  readonly second: number;
  readonly report: number;
  readonly appended: number;
  readonly ccusage: number | null;
}

async function round(place: Place, ccusage: string | null, isOursFirst: boolean): Promise<Round> {
  place.shrink();
  place.forget();
  const wall = async (program: Program): Promise<number> => (await time(program)).wallMs;
  const peer = async (): Promise<number | null> => (ccusage === null ? null : await wall(place.ccusage(ccusage)));
  const before = isOursFirst ? null : await peer();
  const first = await wall(place.ours("first count", ...REPORT));
  const peerMs = isOursFirst ? await peer() : before;
  const second = await wall(place.ours("activity phase", "scan", "--wait", "--json"));
  syncDisk();
  const short: { report: number[]; appended: number[] } = { report: [], appended: [] };
  for (let time = 0; time < SHORT; time++) {
    short.report.push(await wall(place.ours("report", ...REPORT)));
    place.grow();
    short.appended.push(await wall(place.ours("report after one line", ...REPORT)));
  }
  return { first, second, report: median(short.report), appended: median(short.appended), ccusage: peerMs };
}

/** Peak memory of each program, MiB. */
async function memory(place: Place, ccusage: string | null): Promise<Partial<Record<keyof Round, number>>> {
  place.shrink();
  place.forget();
  const peak = async (program: Program): Promise<number> => (await peakMib(program)) ?? Number.NaN;
  return {
    first: await peak(place.ours("first count", ...REPORT)),
    second: await peak(place.ours("activity phase", "scan", "--wait", "--json")),
    report: await peak(place.ours("report", ...REPORT)),
    ...(ccusage !== null && { ccusage: await peak(place.ccusage(ccusage)) }),
  };
}

/** Differences between our counts, the truth and ccusage; empty if all are equal. */
async function differences(place: Place, ccusage: string | null): Promise<string[]> {
  place.shrink();
  place.forget();
  const ours = JSON.parse((await time(place.ours("first count", ...REPORT))).out) as Daily;
  const found = againstTruth(ours, totalsIn(place.ledger), place.truth);
  if (ccusage === null) return found;
  const theirs = JSON.parse((await time(place.ccusage(ccusage))).out) as Daily;
  return [...found, ...againstPeer(ours, theirs)];
}

/** Runs all rounds on a home, after one round to warm up. */
async function rounds(place: Place, ccusage: string | null, count: number): Promise<Round[]> {
  place.warm();
  await round(place, ccusage, true);
  const all: Round[] = [];
  for (let done = 0; done < count; done++) all.push(await round(place, ccusage, done % 2 === 0));
  return all;
}

const middle = (all: readonly Round[], name: keyof Round): number => median(all.map((one) => one[name] ?? Number.NaN));
/** The median of the ratios within each round. */
const ratio = (all: readonly Round[], name: keyof Round): number =>
  median(all.map((one) => one[name] ?? Number.NaN).map((ms, at) => ms / (all[at]?.ccusage ?? Number.NaN)));

function figuresOf(all: readonly Round[], mib: Partial<Record<keyof Round, number>>): Figure[] {
  const timed = (title: string, name: keyof Round, target: number): Figure => {
    return {
      title,
      unit: "x ccusage",
      target,
      measured: ratio(all, name),
      detail: `${middle(all, name).toFixed(0)} ms`,
    };
  };
  const held = (title: string, name: keyof Round, target: number): Figure => {
    return { title, unit: "MiB", target, measured: mib[name] ?? Number.NaN, detail: "" };
  };
  return [
    timed("first count and its report", "first", 1.2),
    timed("activity phase", "second", 4),
    timed("report after that", "report", 0.06),
    timed("report after one appended line", "appended", 0.08),
    held("memory, first count", "first", 250),
    held("memory, activity phase", "second", 250),
    held("memory, report", "report", 45),
  ];
}

/** Measures four times as much data, once in four times as many files and once in as many files. */
async function growth(place: Place, small: readonly Round[], entryFile: string, count: number): Promise<Figure[]> {
  const { megabytes, files } = place.truth.plan;
  const grown = async (times: number): Promise<Round[]> => {
    using large = new Place(entryFile, megabytes * 4, files * times);
    const all = await rounds(large, null, count);
    for (const one of await differences(large, null)) failures.push(`4 x as much: ${one}`);
    return all;
  };
  const [more, larger] = [await grown(4), await grown(1)];
  const figure = (title: string, all: readonly Round[], name: keyof Round, target: number): Figure => {
    const measured = middle(all, name) / middle(small, name);
    return { title, unit: `x ${megabytes} MB`, target, measured, detail: `${middle(all, name).toFixed(0)} ms` };
  };
  return [
    figure("4 x as much, first count", more, "first", 4.4),
    figure("4 x as much, activity phase", more, "second", 4.4),
    figure("4 x as much, report", more, "report", 1.2),
    figure("4 x as much in as many files, report", larger, "report", 1.2),
  ];
}

/** The path of ccusage, installed by npm if missing; null if it is not available. */
function ccusageHere(): { readonly name: string; readonly path: string } | null {
  try {
    const { ready } = peers(fetchPeers());
    const found = ready.find(({ name }) => name.startsWith("ccusage "));
    const path = found?.command[0];
    if (found && path !== undefined) return { name: found.name, path };
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  }
  failures.push("ccusage cannot be run here, so nothing is compared with it");
  return null;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      mb: { type: "string", default: "1024" },
      files: { type: "string", default: "996" },
      grow: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const [count, megabytes, files] = [values.rounds, values.mb, values.files].map(Number);
  if (!(count && megabytes && files)) throw new Error("--rounds, --mb and --files take a number from 1");
  const peer = ccusageHere();
  const dist = join(cacheFolder(), "bench-dist");
  await bundle(dist, join(import.meta.dir, "../../.."));
  const entryFile = join(dist, "cli.js");
  using place = new Place(entryFile, megabytes, files);
  const { truth } = place;
  const load = loadavg()[0] ?? 0;
  console.log(
    `pawprint bench:ledger: Bun ${Bun.version}, ${cpus().length} x ${cpus()[0]?.model ?? "cpu"}, load ${load.toFixed(2)}, ${count} rounds\n` +
      `${(truth.bytes / 1_048_576).toFixed(0)} MiB in ${truth.files} files, ${truth.responses} responses, ` +
      `in turn with ${peer?.name ?? "nothing"}; whole processes, medians, and medians of the ratios of each round\n`,
  );
  const unequal = await differences(place, peer?.path ?? null);
  console.log(unequal.length === 0 ? "tokens of every class and dollars: all equal" : unequal.join("\n"));
  failures.push(...unequal);
  const all = await rounds(place, peer?.path ?? null, count);
  const mib = await memory(place, peer?.path ?? null);
  const figures = figuresOf(all, mib);
  if (values.grow) figures.push(...(await growth(place, all, entryFile, Math.min(count, 3))));
  console.log(`\n${figuresText(figures)}`);
  if (peer) console.log(`\n${peer.name}: ${middle(all, "ccusage").toFixed(0)} ms, ${mib.ccusage?.toFixed(0)} MiB`);
}

try {
  await main();
} catch (error) {
  failures.push(error instanceof Error ? error.message : String(error));
}
for (const failure of failures) console.error(`bench: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);
