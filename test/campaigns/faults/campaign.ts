import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How much of a campaign is run: the reduced numbers of the gate, or all of it. */
export type Scale = "quick" | "full";

/** What a campaign measured and whether its promise held. */
export interface Figures {
  /** What was counted or timed, in the order of printing; times with their unit. */
  readonly figures: Readonly<Record<string, number | string>>;
  /** Checks that held. */
  readonly passed: number;
  /** Checks that did not, in words. */
  readonly failed: readonly string[];
  /** Parts that this machine cannot run, and why; they count as neither passed nor failed. */
  readonly skipped: readonly string[];
}

/** One way to make the machine misbehave, and what must hold all the same. */
export interface Campaign {
  readonly name: string;
  /** What it shows, in one sentence. */
  readonly promise: string;
  /** It looks at processes by way of /proc. */
  readonly isLinuxOnly?: boolean;
  run(scale: Scale): Promise<Figures>;
}

/** Runs a campaign where it can be run; one that falls over itself has failed. */
export async function perform(campaign: Campaign, scale: Scale): Promise<Figures> {
  if (campaign.isLinuxOnly && process.platform !== "linux")
    return { figures: {}, passed: 0, failed: [], skipped: ["all of it: needs /proc"] };
  try {
    return await campaign.run(scale);
  } catch (error) {
    return { figures: {}, passed: 0, failed: [Bun.inspect(error)], skipped: [] };
  }
}

/** Gathers the checks and numbers of a campaign. */
export class Tally implements Figures {
  readonly figures: Record<string, number | string> = {};
  readonly failed: string[] = [];
  readonly skipped: string[] = [];
  passed = 0;

  /** One check; `detail` is told when it fails. */
  check(what: string, holds: boolean, detail: unknown = ""): void {
    if (holds) this.passed++;
    else this.failed.push(detail === "" ? what : `${what}: ${told(detail)}`);
  }

  /** A check that a number or text is the one expected. */
  equal(what: string, actual: unknown, expected: unknown): void {
    this.check(what, Bun.deepEquals(actual, expected), `${told(actual)} instead of ${told(expected)}`);
  }

  /** A part that cannot be run here. */
  skip(what: string, why: string): void {
    this.skipped.push(`${what}: ${why}`);
  }

  /** A figure to print; a number is rounded to one decimal. */
  figure(name: string, value: number | string): void {
    this.figures[name] = typeof value === "number" ? Math.round(value * 10) / 10 : value;
  }
}

const told = (value: unknown): string =>
  (typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined")).slice(0, 600);

/** Runs jobs 0 to count-1, at most `width` at a time; their results in order. Throws what one threw once all lanes ended. */
export async function inParallel<T>(count: number, width: number, job: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) results[index] = await job(index);
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(width, count) }, lane));
  for (const one of lanes) if (one.status === "rejected") throw one.reason;
  return results;
}

/** A random whole number from 0 to below the limit. */
export const below = (limit: number): number => Math.floor(Math.random() * limit);

/** A temporary folder that goes with its scope. */
export function scratch(): Disposable & { readonly path: string } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-faults-")));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
