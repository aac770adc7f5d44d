import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { steps } from "./prepare.ts";

/** What a home's transcripts come to. Days are days of UTC; parts are totals of tokens of all classes. */
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

/** One way to count wrong: a small home and what really happened there. */
export interface Trap {
  readonly name: string;
  /** What happens in the world. */
  readonly meaning: string;
  /** Evidence that it does happen. */
  readonly why: string;
  /** Variables of the reader; "{home}" stands for the home's path. */
  readonly env?: Readonly<Record<string, string>>;
  readonly truth: Truth;
}

/** Whoever counts a home. */
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

/** Why a trap cannot be set here, or null. */
export function cannotSet(trap: Trap): string | null {
  return steps[trap.name]?.cannot?.() ?? null;
}

/**
 * Runs something in a copy of a trap's home. A trap with several steps is a history: `run` is asked at the start and
 * after each step, in the same home, and the last answer is what counts.
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

/** What a count says otherwise than the truth, a sentence each. What the truth leaves open is not compared. */
export function differences(truth: Truth, count: Partial<Truth>): string[] {
  return (Object.keys(truth) as (keyof Truth)[]).flatMap((field) => {
    const [right, said] = [truth[field], count[field]];
    if (typeof right === "number") return right === said ? [] : [`${field} is ${show(right)}, counted ${show(said)}`];
    const [rightParts, saidParts] = [partsOf(right), partsOf(said)];
    return [...new Set([...Object.keys(rightParts), ...Object.keys(saidParts)])]
      .filter((part) => (rightParts[part] ?? 0) !== (saidParts[part] ?? 0))
      .map((part) => `${field} ${part} is ${show(rightParts[part])}, counted ${show(saidParts[part])}`);
  });
}
