import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The size of a campaign: the reduced numbers of the gate, or the full ones. */
export type Scale = "quick" | "full";

/** The measurements and checks of a campaign. */
export interface CampaignResult {
  /** Counts and times in the order of printing; times with their unit. */
  readonly figures: Readonly<Record<string, number | string>>;
  /** Number of checks that passed. */
  readonly passed: number;
  /** Descriptions of the checks that failed. */
  readonly failed: readonly string[];
  /** Parts that this machine cannot run, with reasons; they count as neither passed nor failed. */
  readonly skipped: readonly string[];
}

/** One kind of machine fault, and what must still hold. */
export interface Campaign {
  readonly name: string;
  /** What must hold, in one sentence. */
  readonly promise: string;
  /** Whether it needs /proc to inspect processes. */
  readonly isLinuxOnly?: boolean;
  run(scale: Scale): Promise<CampaignResult>;
}

/** Runs a campaign if the machine allows it; an exception counts as a failure. */
export async function runCampaign(campaign: Campaign, scale: Scale): Promise<CampaignResult> {
  if (campaign.isLinuxOnly && process.platform !== "linux")
    return { figures: {}, passed: 0, failed: [], skipped: ["all of it: needs /proc"] };
  try {
    return await campaign.run(scale);
  } catch (error) {
    return { figures: {}, passed: 0, failed: [Bun.inspect(error)], skipped: [] };
  }
}

/** Collects the checks and measurements of a campaign. */
export class Tally implements CampaignResult {
  readonly figures: Record<string, number | string> = {};
  readonly failed: string[] = [];
  readonly skipped: string[] = [];
  passed = 0;

  /** Adds a check; `detail` is printed if it fails. */
  check(what: string, holds: boolean, detail: unknown = ""): void {
    if (holds) this.passed++;
    else this.failed.push(detail === "" ? what : `${what}: ${textOf(detail)}`);
  }

  /** Adds a check that a value equals the expected one. */
  equal(what: string, actual: unknown, expected: unknown): void {
    this.check(what, Bun.deepEquals(actual, expected), `${textOf(actual)} instead of ${textOf(expected)}`);
  }

  /** Records a part that cannot be run here. */
  skip(what: string, why: string): void {
    this.skipped.push(`${what}: ${why}`);
  }

  /** Adds a measurement to print; a number is rounded to one decimal. */
  figure(name: string, value: number | string): void {
    this.figures[name] = typeof value === "number" ? Math.round(value * 10) / 10 : value;
  }
}

const textOf = (value: unknown): string =>
  (typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined")).slice(0, 600);

/** Runs jobs 0 to count-1, at most `width` at a time, and returns their results in order. Throws a job's error once all others have ended. */
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

/** Returns a random integer from 0 up to but not including the limit. */
export const randomBelow = (limit: number): number => Math.floor(Math.random() * limit);

/** Creates a temporary folder that is removed at the end of its scope. */
export function scratch(): Disposable & { readonly path: string } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-faults-")));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
