import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { steps } from "./prepare.ts";

/** The totals of a home's transcripts. Days are UTC; parts are totals over all classes of tokens. */
export interface Truth {
  readonly responses: number;
  readonly input: number;
  readonly output: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly cacheRead: number;
  readonly webSearches?: number;
  readonly byDay?: Readonly<Record<string, number>>;
  readonly byModel?: Readonly<Record<string, number>>;
  readonly bySession?: Readonly<Record<string, number>>;
  readonly costMicros?: number;
}

/** One way to miscount: a small home, and its actual usage. */
export interface Trap {
  readonly name: string;
  /** What happens. */
  readonly meaning: string;
  /** Evidence that it happens. */
  readonly why: string;
  /** Environment variables of the reader; "{home}" stands for the home's path. */
  readonly env?: Readonly<Record<string, string>>;
  readonly truth: Truth;
}

/** A function that counts a home. */
export type Count = (home: string, env: Record<string, string>) => Promise<Truth>;

/** The folder of the traps. */
export const TRAPS = resolve(import.meta.dir, "../fixtures/traps");

/** All traps, by name. */
export function traps(): Trap[] {
  const names = readdirSync(TRAPS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names
    .map(({ name }) => ({ name, text: readFileSync(join(TRAPS, name, "trap.json"), "utf8") }))
    .map(({ name, text }) => ({ name, ...(JSON.parse(text) as Omit<Trap, "name">) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Why a trap cannot be set up on this machine, or null. */
export function cannotSet(trap: Trap): string | null {
  return steps[trap.name]?.cannot?.() ?? null;
}

/**
 * Runs a function in a copy of a trap's home. For a trap with several steps, `run` is called at the start and after
 * each step in the same home, and its last result counts.
 */
export async function withHome<T>(
  trap: Trap,
  run: (home: string, env: Record<string, string>) => Promise<T>,
): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-trap-")));
  const home = join(folder, "home");
  const entries = Object.entries(trap.env ?? {}).map(([name, value]) => [name, value.replaceAll("{home}", home)]);
  const env = { HOME: home, TZ: "UTC", ...(Object.fromEntries(entries) as Record<string, string>) };
  try {
    const source = join(TRAPS, trap.name, "home");
    if (existsSync(source)) cpSync(source, home, { recursive: true, verbatimSymlinks: true });
    const { before, later = [] } = steps[trap.name] ?? {};
    before?.(home);
    let answer = await run(home, env);
    for (const step of later) {
      step(home);
      answer = await run(home, env);
    }
    return answer;
  } finally {
    steps[trap.name]?.after?.(home);
    rmSync(folder, { recursive: true, force: true });
  }
}

const show = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));

function partsOf(value: unknown): Record<string, number> {
  return typeof value === "object" && value !== null ? (value as Record<string, number>) : {};
}

/** The differences between a count and the truth, one sentence each. Parts missing in the truth are not compared. */
export function differences(truth: Truth, count: Partial<Truth>): string[] {
  return (Object.keys(truth) as (keyof Truth)[]).flatMap((field) => {
    const [right, counted] = [truth[field], count[field]];
    if (typeof right === "number")
      return right === counted ? [] : [`${field} is ${show(right)}, counted ${show(counted)}`];
    const [rightParts, countedParts] = [partsOf(right), partsOf(counted)];
    return [...new Set([...Object.keys(rightParts), ...Object.keys(countedParts)])]
      .filter((part) => (rightParts[part] ?? 0) !== (countedParts[part] ?? 0))
      .map((part) => `${field} ${part} is ${show(rightParts[part])}, counted ${show(countedParts[part])}`);
  });
}
