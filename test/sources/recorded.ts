import type { Source } from "../../src/sources/contract.ts";
import type { SourceHarness, Totals } from "./harness.ts";

/** Files of a real program as it left them, and what it was really answered. */
export interface RecordedHome {
  /** "Codex 0.169.0" */
  readonly name: string;
  readonly source: Source;
  /** Puts its files where the program would have them. */
  place(harness: SourceHarness): void;
  /** What was really used, without what no file holds: from the recorded truth, never from what we counted. */
  readonly truth: Totals;
  /** Responses and tokens in all by session or model, where the truth tells them: each list sums up to the whole. */
  readonly bySession?: Readonly<Record<string, number>>;
  readonly byModel?: Readonly<Record<string, number>>;
}
