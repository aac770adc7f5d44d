import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { noTokens, tokenClasses, type Tokens } from "../../src/model/tokens.ts";
import { Random } from "./random.ts";
import { type Listener, models, type Setting, Talk, type Usage } from "./talk.ts";

/** What a corpus is made of. */
export interface CorpusPlan {
  readonly megabytes: number;
  /** Number of files, including those of subagents. */
  readonly files: number;
  readonly seed: number;
  /** Minimum and maximum characters of a tool result; small values make many responses of few bytes. */
  readonly results?: readonly [number, number];
}

/** Sums of responses: tokens by class, and dollars in whole micro-dollars. */
export interface TrueSum extends Tokens {
  readonly responses: number;
  readonly micros: number;
}

/** The actual usage in a corpus. */
export interface Truth extends TrueSum {
  readonly plan: CorpusPlan;
  readonly files: number;
  readonly bytes: number;
  readonly lines: number;
  /** By UTC date and by model. */
  readonly days: Readonly<Record<string, TrueSum>>;
  readonly models: Readonly<Record<string, TrueSum>>;
}

const MIB = 1_048_576;
const LARGEST = 45e6;
const SMALLEST = 20_000;
/** Only sessions of at most this many bytes are resumed in a new file. */
const RESUMABLE = 6e6;
const DAYS = 60;
/** The latest day on which a session may begin. */
const END = Date.UTC(2026, 10, 18);
const PROJECTS = [
  "api-server",
  "web-app",
  "infra",
  "ml-pipeline",
  "docs-site",
  "mobile",
  "cli-tool",
  "billing",
] as const;
const VERSIONS = ["2.0.14", "2.0.76", "2.1.12", "2.1.30", "2.1.63", "2.1.98"] as const;
const BRANCHES = ["main", "feat/x", "fix-123"] as const;

/**
 * Creates a home with transcripts in a directory that does not exist yet; the same plan gives the same files.
 * truth.json is written beside them.
 */
export function makeCorpus(directory: string, plan: CorpusPlan): Truth {
  const corpus = new Corpus(directory, plan);
  corpus.make();
  const truth = corpus.truth();
  writeFileSync(join(directory, "truth.json"), JSON.stringify(truth, null, 1));
  return truth;
}

/** The corpus of a plan from a cache folder; created there if it is missing. */
export function cachedCorpus(folder: string, plan: CorpusPlan): { readonly home: string; readonly truth: Truth } {
  const home = join(folder, `${plan.megabytes}mb-${plan.files}-${plan.seed}`);
  const known = join(home, "truth.json");
  if (existsSync(known)) {
    const truth = JSON.parse(readFileSync(known, "utf8")) as Truth;
    if (Bun.deepEquals(truth.plan, plan)) return { home, truth };
  }
  rmSync(home, { recursive: true, force: true });
  return { home, truth: makeCorpus(home, plan) };
}

interface Finished {
  readonly lines: readonly string[];
  readonly session: string;
  readonly project: string;
  readonly bytes: number;
}

class Corpus implements Listener {
  readonly #plan: CorpusPlan;
  readonly #root: string;
  readonly #random: Random;
  readonly #used: Usage[] = [];
  readonly #finished: Finished[] = [];
  #files = 0;
  #bytes = 0;
  #lines = 0;
  #place = "";
  #sessionsLeft = 0;

  constructor(directory: string, plan: CorpusPlan) {
    this.#plan = plan;
    this.#root = join(directory, ".claude", "projects");
    this.#random = new Random(plan.seed);
  }

  make(): void {
    // About a third of the files belong to subagents.
    const weights = Array.from({ length: Math.ceil(this.#plan.files * 0.62) }, () =>
      Math.exp(this.#random.normal() * 1.25),
    );
    let left = weights.reduce((sum, weight) => sum + weight, 0);
    this.#sessionsLeft = weights.length;
    for (const weight of weights) {
      this.#sessionsLeft--;
      const share = (weight / left) * (this.#plan.megabytes * MIB - this.#bytes);
      left -= weight;
      this.#session(Math.max(SMALLEST, Math.min(LARGEST, share)));
    }
    while (this.#files < this.#plan.files) this.#session(SMALLEST);
  }

  used(one: Usage): void {
    this.#used.push(one);
  }

  mayHaveAgent(): boolean {
    return this.#files + this.#sessionsLeft + 1 < this.#plan.files;
  }

  agentFile(agent: string, lines: readonly string[]): void {
    this.#write(`${this.#place}/subagents/agent-${agent}.jsonl`, lines);
  }

  truth(): Truth {
    const { responses, micros, ...tokens } = sumOf(this.#used);
    const by = (keyOf: (one: Usage) => string): Record<string, TrueSum> =>
      Object.fromEntries(
        [...Map.groupBy(this.#used, keyOf)]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, some]) => [key, sumOf(some)]),
      );
    return {
      plan: this.#plan,
      files: this.#files,
      bytes: this.#bytes,
      lines: this.#lines,
      responses,
      ...tokens,
      micros,
      days: by(({ at }) => new Date(at).toISOString().slice(0, 10)),
      models: by(({ model }) => model),
    };
  }

  #session(budget: number): void {
    const random = this.#random;
    // A resumed session is a new file that begins with all lines of the old one, under its own id.
    const old = random.chance(0.08) && this.#finished.length > 0 ? random.pick(this.#finished) : null;
    const project = old?.project ?? random.pick(PROJECTS);
    const session = random.uuid();
    const version = random.pick(VERSIONS);
    const setting: Setting = {
      session,
      cwd: `/home/dev/work/${project}`,
      branch: random.pick(BRANCHES),
      version,
      start: END - random.whole(0, DAYS - 1) * 86_400_000 + random.whole(7 * 3_600, 20 * 3_600) * 1_000,
      isHalfCounted: random.chance(0.7),
      isOneHour: random.chance(0.55),
      writesProgress: version === "2.1.12" || version === "2.1.30",
      results: this.#plan.results ?? [1_000, 60_000],
    };
    this.#place = `-home-dev-work-${project}/${session}`;
    const copied = old?.lines.map((line) => line.replaceAll(old.session, session)) ?? [];
    const talk = new Talk(random, setting, this);
    talk.run(Math.max(SMALLEST, budget - (old?.bytes ?? 0)));
    const bytes = this.#write(`${this.#place}.jsonl`, [...copied, ...talk.lines]);
    if (old !== null || bytes > RESUMABLE) return;
    this.#finished.push({ lines: talk.lines, session, project, bytes });
    if (this.#finished.length > 40) this.#finished.shift();
  }

  #write(relative: string, lines: readonly string[]): number {
    const path = join(this.#root, relative);
    mkdirSync(dirname(path), { recursive: true });
    const bytes = Buffer.from(`${lines.join("\n")}\n`);
    writeFileSync(path, bytes);
    this.#files++;
    this.#bytes += bytes.length;
    this.#lines += lines.length;
    return bytes.length;
  }
}

/** Prices per token in whole pico-dollars: cache writes cost 1.25 and 2 times the input, cache reads 0.1 times. */
const FACTORS = {
  input: 1_000_000n,
  output: 1_000_000n,
  cacheWrite5m: 1_250_000n,
  cacheWrite1h: 2_000_000n,
  cacheRead: 100_000n,
};

function sumOf(used: readonly Usage[]): TrueSum {
  const sum: { -readonly [K in keyof Tokens]: number } = { ...noTokens };
  let pico = 0n;
  for (const one of used) {
    const price = models.find(({ name }) => name === one.model);
    if (!price) throw new Error(`no price for ${one.model}`);
    for (const name of tokenClasses) {
      sum[name] += one[name];
      pico += BigInt(one[name]) * BigInt(name === "output" ? price.output : price.input) * FACTORS[name];
    }
  }
  return { responses: used.length, ...sum, micros: Number((pico + 500_000n) / 1_000_000n) };
}
