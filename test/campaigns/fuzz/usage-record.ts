import { countOf, parseValue } from "../../../src/utils/json.ts";
import type { Observation, ResponseObservation } from "../../../src/model/observation.ts";
import type { RecordResult } from "../../sources/alone.ts";
import { at, leavesOf, type Path, withValue } from "../../sources/mutate.ts";

/** What became of a damaged record. */
export type Fate = "counted" | "skipped" | "harmless" | "lost" | "unnoticed";

type UsageObservation = Observation<"response" | "running-total">;
const responses = ({ observed }: RecordResult): UsageObservation[] =>
  observed.filter((one): one is UsageObservation => one.kind === "response" || one.kind === "running-total");

const COUNTS = ["input", "output", "cacheRead", "cacheWrite"] as const satisfies (keyof ResponseObservation)[];
const countsIn = (alone: RecordResult): string =>
  JSON.stringify(responses(alone).map(({ body }) => COUNTS.map((one) => body[one])));

/**
 * A record from which a response is counted, and the values that matter for it. These are found by changing one value
 * after the other, so that no rule of any source is repeated here.
 */
export class UsageRecord {
  /** Numbers that change the counts. */
  readonly #numbers: readonly Path[];
  /** Texts without which nothing in the record is counted or skipped. */
  readonly #markers: readonly { readonly path: Path; readonly value: string }[];

  private constructor(value: unknown, read: (bytes: Buffer) => RecordResult, whole: string) {
    const changed = (path: Path, to: unknown): RecordResult => {
      const other = withValue(value, path, (holder, name) => void (holder[name] = to));
      return read(Buffer.from(JSON.stringify(other)));
    };
    const leaves = [...leavesOf(value)].filter(({ path }) => path.length > 0);
    this.#numbers = leaves
      .filter(({ path, value: leaf }) => typeof leaf === "number" && countsIn(changed(path, leaf + 1)) !== whole)
      .map(({ path }) => path);
    this.#markers = leaves.flatMap(({ path, value: leaf }) => {
      if (typeof leaf !== "string" || leaf.length > 60) return [];
      const other = changed(path, "something else");
      return responses(other).length === 0 && other.skipped.length === 0 ? [{ path, value: leaf }] : [];
    });
  }

  /** Returns the record of some bytes, or null if nothing is counted from them. */
  static of(bytes: Buffer, read: (bytes: Buffer) => RecordResult): UsageRecord | null {
    const value = parseValue(bytes.toString("utf8"));
    const whole = read(bytes);
    if (responses(whole).length === 0 || typeof value !== "object") return null;
    return new UsageRecord(value, read, countsIn(whole));
  }

  /** Whether any of its numbers changes the counts. */
  get isUnderstood(): boolean {
    return this.#numbers.length > 0;
  }

  /**
   * Returns what became of a damaged record. It is "lost" if it was neither counted nor skipped although it still has
   * all markers and names of a usage record and a number that is not 0. It is "unnoticed" if it was counted although one
   * of its numbers is invalid.
   */
  fateOf(bytes: Buffer, alone: RecordResult): Fate {
    const value = parseValue(bytes.toString("utf8"));
    if (alone.skipped.length > 0) return "skipped";
    const isCounted = responses(alone).length > 0;
    if (typeof value !== "object" || value === null)
      return isCounted ? "counted" : this.#looksLikeUsage(bytes) ? "lost" : "harmless";
    const numbers = this.#numbers.map((path) => at(value, path)).filter((one) => one !== undefined && one !== null);
    if (isCounted) return numbers.every((one) => countOf(one) !== null) ? "counted" : "unnoticed";
    const isKnown = this.#markers.every(({ path, value: word }) => at(value, path) === word);
    return isKnown && numbers.some((one) => one !== 0) ? "lost" : "harmless";
  }

  /** Whether bytes that are not valid JSON still contain the markers and the names of a number. */
  #looksLikeUsage(bytes: Buffer): boolean {
    const has = (name: string | number): boolean => bytes.includes(JSON.stringify(String(name)));
    const isNamed = (path: Path): boolean => path.every((name) => /^\d+$/.test(String(name)) || has(name));
    return this.#markers.every(({ path, value }) => isNamed(path) && has(value)) && this.#numbers.some(isNamed);
  }
}
