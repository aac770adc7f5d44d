import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../campaigns/e2e/claude.ts";

/** The counts that a peer reports for a home. */
export interface PeerResult {
  readonly input: number;
  readonly output: number;
  readonly write: number;
  readonly read: number;
  /** Tokens by day; empty if the peer does not assign all of them to days. */
  readonly byDay: Readonly<Record<string, number>>;
  readonly costMicros?: number;
}

/** Another program that counts usage. */
export interface Peer {
  readonly name: string;
  readonly count: (home: string, env: Record<string, string>) => Promise<PeerResult>;
}

/** All packages to fetch: local name -> npm package. */
const PINNED = {
  ccusage: "20.0.24",
  "ccusage-18": "npm:ccusage@18.0.11",
  "ccusage-17": "npm:ccusage@17.2.1",
  tokscale: "1.4.3",
  codeburn: "0.9.15",
} as const;

const folder = (): string => join(cacheFolder(), "peers", "counting");
const modules = (...path: string[]): string => join(folder(), "node_modules", ...path);

/** Fetches missing peers with npm, without running their install scripts. */
function fetch(): void {
  const wanted = Object.entries(PINNED).map(([name, version]) => [name, version.split("@").at(-1)]);
  const there = (name = ""): unknown => {
    const path = modules(name, "package.json");
    return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version : null;
  };
  if (wanted.every(([name, version]) => there(name) === version)) return;
  mkdirSync(folder(), { recursive: true });
  writeFileSync(join(folder(), "package.json"), JSON.stringify({ private: true, dependencies: PINNED }));
  const npm = Bun.which("npm");
  if (npm === null) throw new Error("the peers are fetched with npm, which is not on PATH");
  const done = Bun.spawnSync([npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder(),
    stdout: "ignore",
    stderr: "inherit",
  });
  if (!done.success) throw new Error(`npm install ended with ${done.exitCode}`);
}

const SECONDS = 30;

async function run(command: readonly string[], env: Record<string, string>): Promise<string> {
  const child = Bun.spawn([...command], {
    cwd: env["HOME"] ?? "/",
    env: { PATH: Bun.env["PATH"] ?? "", LOG_LEVEL: "0", NO_COLOR: "1", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
    timeout: SECONDS * 1000,
    killSignal: "SIGKILL",
  });
  const [text] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  if (child.signalCode !== null) throw new Error(`no answer in ${SECONDS} s`);
  if (child.exitCode !== 0) throw new Error("ends with an error");
  return text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.slice(text.search(/[{[]/)));
  } catch {
    throw new Error("says no JSON");
  }
}

interface Day {
  readonly date?: string;
  readonly period?: string;
  readonly totalTokens: number;
}
interface Daily {
  readonly daily: readonly Day[];
  readonly totals: {
    inputTokens: number;
    outputTokens: number;
    cacheCreationTokens: number;
    cacheReadTokens: number;
    totalCost: number;
  };
}

/** All versions of ccusage print the same JSON, or an empty list if they find nothing. */
function ccusage(name: string, command: readonly string[]): Peer {
  const ask: Peer["count"] = async (_, env) => {
    const text = await run([...command, "daily", "--json", "--offline"], env);
    const { daily = [], totals }: Partial<Daily> = text.trim() === "[]" ? {} : (parse(text) as Daily);
    return {
      input: totals?.inputTokens ?? 0,
      output: totals?.outputTokens ?? 0,
      write: totals?.cacheCreationTokens ?? 0,
      read: totals?.cacheReadTokens ?? 0,
      byDay: Object.fromEntries(daily.map((day) => [day.date ?? day.period ?? "", day.totalTokens])),
      costMicros: (totals?.totalCost ?? 0) * 1e6,
    };
  };
  return { name, count: ask };
}

/** Dollars per million tokens: input, output, cache write, cache read. */
const LIST_PRICES: Readonly<Record<string, readonly [number, number, number, number]>> = {
  "claude-opus-5-5": [4, 20, 5, 0.2],
  "claude-opus-4-6": [5, 25, 6.25, 0.5],
  "claude-opus-4-5-20251101": [5, 25, 6.25, 0.5],
  "claude-haiku-5-5": [0.1, 0.5, 0.125, 0.01],
  "claude-sonnet-4-5-20250929": [3, 15, 3.75, 0.3],
  "claude-sonnet-4-20250514": [3, 15, 3.75, 0.3],
  "claude-haiku-4-5-20251001": [1, 5, 1.25, 0.1],
};

/** Writes the prices that tokscale would download into its cache. */
function priceTokscale(home: string): void {
  const timestamp = Math.floor(Date.now() / 1000);
  const data = Object.entries(LIST_PRICES).map(([model, [input, output, write, read]]) => [
    model,
    {
      input_cost_per_token: input / 1e6,
      output_cost_per_token: output / 1e6,
      cache_creation_input_token_cost: write / 1e6,
      cache_read_input_token_cost: read / 1e6,
    },
  ]);
  const cache = join(home, ".cache", "tokscale");
  mkdirSync(cache, { recursive: true });
  writeFileSync(
    join(cache, "pricing-litellm.json"),
    JSON.stringify({ timestamp, data: Object.fromEntries(data) as unknown }),
  );
  writeFileSync(join(cache, "pricing-openrouter.json"), JSON.stringify({ timestamp, data: {} }));
}

interface Graph {
  readonly contributions: readonly {
    readonly date: string;
    readonly totals: { readonly tokens: number; readonly cost: number };
    readonly tokenBreakdown: {
      readonly input: number;
      readonly output: number;
      readonly cacheRead: number;
      readonly cacheWrite: number;
    };
  }[];
}

const tokscale: Peer["count"] = async (home, env) => {
  priceTokscale(home);
  const command = [process.execPath, modules("tokscale", "bin.js"), "graph", "--claude", "--no-spinner"];
  const days = (parse(await run(command, env)) as Graph).contributions.filter(({ totals }) => totals.tokens > 0);
  const sum = (of: (day: (typeof days)[number]) => number): number => days.reduce((all, day) => all + of(day), 0);
  return {
    input: sum(({ tokenBreakdown }) => tokenBreakdown.input),
    output: sum(({ tokenBreakdown }) => tokenBreakdown.output),
    write: sum(({ tokenBreakdown }) => tokenBreakdown.cacheWrite),
    read: sum(({ tokenBreakdown }) => tokenBreakdown.cacheRead),
    byDay: Object.fromEntries(days.map(({ date, totals }) => [date, totals.tokens])),
    costMicros: sum(({ totals }) => totals.cost) * 1e6,
  };
};

interface Model {
  readonly displayed: Readonly<Record<"inputTokens" | "outputTokens" | "cacheWriteTokens" | "cacheReadTokens", number>>;
  readonly attributedCostUSD: number;
}
type Row = Readonly<Record<"Input Tokens" | "Output Tokens" | "Cache Read Tokens" | "Cache Write Tokens", number>> & {
  readonly Date: string;
};
interface Export {
  readonly periods: readonly { readonly daily: readonly Row[] }[];
}

const dayTotal = (day: Row): number =>
  day["Input Tokens"] + day["Output Tokens"] + day["Cache Read Tokens"] + day["Cache Write Tokens"];

/** codeburn's audit is complete and has exact costs; its days leave out usage without a preceding prompt. */
const codeburn: Peer["count"] = async (home, env) => {
  const file = join(home, "codeburn.json");
  const program = [process.execPath, modules("codeburn", "dist", "cli.js")];
  const period = ["--from", "2020-01-01", "--to", "2035-12-31", "--provider", "claude"];
  const models = parse(await run([...program, "audit", "--format", "json", ...period], env)) as readonly Model[];
  await run([...program, "export", "--format", "json", "-o", file, ...period], env);
  const exported = existsSync(file) ? (parse(readFileSync(file, "utf8")) as Export) : { periods: [] };
  const days = exported.periods.flatMap(({ daily }) => daily).filter((day) => dayTotal(day) > 0);
  const sum = (of: (model: Model) => number): number => models.reduce((all, model) => all + of(model), 0);
  const all = sum(({ displayed }) => Object.values(displayed).reduce((total, count) => total + count, 0));
  const hasAllDays = days.reduce((total, day) => total + dayTotal(day), 0) === all;
  return {
    input: sum(({ displayed }) => displayed.inputTokens),
    output: sum(({ displayed }) => displayed.outputTokens),
    write: sum(({ displayed }) => displayed.cacheWriteTokens),
    read: sum(({ displayed }) => displayed.cacheReadTokens),
    byDay: hasAllDays ? Object.fromEntries(days.map((day) => [day.Date, dayTotal(day)])) : {},
    costMicros: sum(({ attributedCostUSD }) => attributedCostUSD) * 1e6,
  };
};

/** All peers, fetched and ready to run. */
export function peers(): Peer[] {
  fetch();
  const native = modules("@ccusage", `ccusage-${process.platform}-${process.arch}`, "bin", "ccusage");
  chmodSync(native, 0o755);
  const node = Bun.which("node") ?? process.execPath;
  return [
    ccusage("ccusage 20.0.24", [native]),
    ccusage("ccusage 18.0.11", [node, modules("ccusage-18", "dist", "index.js")]),
    ccusage("ccusage 17.2.1", [node, modules("ccusage-17", "dist", "index.js")]),
    { name: "tokscale 1.4.3", count: tokscale },
    { name: "codeburn 0.9.15", count: codeburn },
  ];
}
