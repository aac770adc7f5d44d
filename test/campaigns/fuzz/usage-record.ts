import { countOf, valueOf } from "../../../src/utils/json.ts";
import type { Observation, ResponseObservation } from "../../../src/model/observation.ts";
import type { Alone } from "../../sources/alone.ts";
import { at, leavesOf, type Path, withValue } from "../../sources/mutate.ts";

/** How a damaged record was taken. */
export type Fate = "counted" | "named" | "harmless" | "lost" | "unnamed";

const responses = ({ observed }: Alone): Observation<"response">[] =>
  observed.filter((one): one is Observation<"response"> => one.kind === "response");

const COUNTS = ["input", "output", "cacheRead", "cacheWrite"] as const satisfies (keyof ResponseObservation)[];
const countsIn = (alone: Alone): string =>
  JSON.stringify(responses(alone).map(({ body }) => COUNTS.map((one) => body[one])));

/**
 * A record from which a response is counted, and by what of it: found out by changing one value after the other. So no rule
 * of any source is known here.
 */
export class UsageRecord {
  /** Numbers that make a difference to what is counted. */
  readonly #numbers: readonly Path[];
  /** Words without which nothing is seen in it at all. */
  readonly #words: readonly { readonly path: Path; readonly value: string }[];

  private constructor(value: unknown, read: (bytes: Buffer) => Alone, whole: string) {
    const changed = (path: Path, to: unknown): Alone => {
      const other = withValue(value, path, (holder, name) => void (holder[name] = to));
      return read(Buffer.from(JSON.stringify(other)));
    };
    const leaves = [...leavesOf(value)].filter(({ path }) => path.length > 0);
    this.#numbers = leaves
      .filter(({ path, value: leaf }) => typeof leaf === "number" && countsIn(changed(path, leaf + 1)) !== whole)
      .map(({ path }) => path);
    this.#words = leaves.flatMap(({ path, value: leaf }) => {
      if (typeof leaf !== "string" || leaf.length > 60) return [];
      const other = changed(path, "something else");
      return responses(other).length === 0 && other.skipped.length === 0 ? [{ path, value: leaf }] : [];
    });
  }

  /** The record of some bytes; null where nothing is counted from them. */
  static of(bytes: Buffer, read: (bytes: Buffer) => Alone): UsageRecord | null {
    const value = valueOf(bytes.toString("utf8"));
    const whole = read(bytes);
    if (responses(whole).length === 0 || typeof value !== "object") return null;
    return new UsageRecord(value, read, countsIn(whole));
  }

  /** Whether its numbers are told to be counted by their places. */
  get isUnderstood(): boolean {
    return this.#numbers.length > 0;
  }

  /**
   * What became of a damaged one. It is lost if it was neither counted nor named although all words and names by which one
   * knows a record of usage still stand in it, and any number that is not 0. It is unnamed if it was counted although one
   * of its numbers is none.
   */
  fateOf(bytes: Buffer, alone: Alone): Fate {
    const value = valueOf(bytes.toString("utf8"));
    if (alone.skipped.length > 0) return "named";
    const isCounted = responses(alone).length > 0;
    if (typeof value !== "object" || value === null)
      return isCounted ? "counted" : this.#isTold(bytes) ? "lost" : "harmless";
    const told = this.#numbers.map((path) => at(value, path)).filter((one) => one !== undefined && one !== null);
    if (isCounted) return told.every((one) => countOf(one) !== null) ? "counted" : "unnamed";
    const isKnown = this.#words.every(({ path, value: word }) => at(value, path) === word);
    return isKnown && told.some((one) => one !== 0) ? "lost" : "harmless";
  }

  /** Whether bytes that are no JSON hold the words and the names of a number all the same. */
  #isTold(bytes: Buffer): boolean {
    const has = (name: string | number): boolean => bytes.includes(JSON.stringify(String(name)));
    const isNamed = (path: Path): boolean => path.every((name) => /^\d+$/.test(String(name)) || has(name));
    return this.#words.every(({ path, value }) => isNamed(path) && has(value)) && this.#numbers.some(isNamed);
  }
}
