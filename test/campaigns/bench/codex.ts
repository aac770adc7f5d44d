// Compares a first read of Codex's rollouts with one of Claude Code's transcripts, per byte: bun run bench:codex
// [--help]
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Collector } from "../../../src/collector/Collector.ts";
import { Ledger } from "../../../src/ledger/sqlite/Ledger.ts";
import { sources } from "../../../src/sources/registry.ts";
import { cacheFolder } from "../e2e/claude.ts";
import { cachedCorpus } from "../../ledger/corpus.ts";
import { totalsIn } from "../../ledger/dump.ts";
import { cachedRollouts } from "./codex-corpus.ts";
import { type Figure, figuresText } from "./ledger-figures.ts";
import { median } from "./measure.ts";

const HELP = `bun run bench:codex: compares a first read of Codex's rollouts with one of Claude Code's transcripts

  --rounds N   rounds of each (5)
  --mb N       megabytes of each (1024)`;

const SEED = 7;
/** The most time that a byte of a rollout may take, relative to a byte of a transcript. */
const TARGET = 1.3;
const MIB = 1_048_576;

/** One first read, in a separate process. */
interface Read {
  readonly ms: number;
  readonly bytes: number;
  readonly totals: Readonly<Record<string, number>>;
}

async function readOnce(source: string, home: string): Promise<Read> {
  const folder = mkdtempSync(join(tmpdir(), "pawprint-bench-codex-"));
  try {
    const path = join(folder, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    const own = sources.filter(({ name }) => name === source);
    const collector = new Collector(ledger, own, { env: {}, home, now: () => 0 });
    const from = performance.now();
    const { bytes } = await collector.scan("usage");
    return { ms: performance.now() - from, bytes, totals: { ...totalsIn(path) } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function read(source: string, home: string): Read {
  const child = Bun.spawnSync([process.execPath, import.meta.path, "--read", source, "--home", home]);
  if (!child.success) throw new Error(`${source}: ${child.stderr.toString()}`);
  return JSON.parse(child.stdout.toString()) as Read;
}

const speed = ({ ms, bytes }: Read): number => bytes / MIB / (ms / 1_000);

function differences(found: Read["totals"], truth: Readonly<Record<string, number>>): string[] {
  return ["responses", "input", "output", "cacheRead"]
    .filter((name) => found[name] !== truth[name])
    .map((name) => `${name}: ${found[name]} instead of ${truth[name]}`);
}

function main(megabytes: number, rounds: number): string[] {
  console.log(`${cpus()[0]?.model ?? "?"}, ${cpus().length} CPUs, load ${loadavg()[0]?.toFixed(2)}`);
  const rollouts = cachedRollouts(join(cacheFolder(), "rollouts"), megabytes, SEED);
  const plan = { megabytes, files: Math.max(Math.round(megabytes * 0.97), 4), seed: SEED };
  const transcripts = cachedCorpus(join(cacheFolder(), "corpus"), plan);
  const pairs = [];
  // The first round is not counted: the files are not in memory yet.
  for (let round = -1; round < rounds; round++) {
    const codex = round % 2 === 0 ? read("codex", rollouts.home) : null;
    const claude = read("claude-code", transcripts.home);
    const pair = { claude, codex: codex ?? read("codex", rollouts.home) };
    if (round >= 0) pairs.push(pair);
  }
  const figure: Figure = {
    title: "first read, per byte",
    unit: "x Claude Code's",
    target: TARGET,
    measured: median(pairs.map(({ codex, claude }) => speed(claude) / speed(codex))),
    detail: `${median(pairs.map(({ codex }) => speed(codex))).toFixed(0)} MB/s beside ${median(
      pairs.map(({ claude }) => speed(claude)),
    ).toFixed(0)} MB/s`,
  };
  console.log(`\n${figuresText([figure])}`);
  return pairs.flatMap(({ codex, claude }) => [
    ...differences(codex.totals, { ...rollouts.truth }),
    ...differences(claude.totals, { ...transcripts.truth } as unknown as Record<string, number>),
  ]);
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    mb: { type: "string", default: "1024" },
    read: { type: "string" },
    home: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) console.log(HELP);
else if (values.read && values.home) console.log(JSON.stringify(await readOnce(values.read, values.home)));
else {
  const wrong = main(Number(values.mb), Number(values.rounds));
  for (const one of new Set(wrong)) console.error(`bench: ${one}`);
  process.exit(wrong.length > 0 ? 1 : 0);
}
