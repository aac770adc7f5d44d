import type { Source } from "../../src/sources/contract.ts";
import type { SourceHarness, Totals } from "./harness.ts";

/** Files of a real program as it left them, and the responses that it actually received. */
export interface RecordedHome {
  /** "Codex 0.169.0" */
  readonly name: string;
  readonly source: Source;
  /** Copies the files to where the program would have them. */
  place(harness: SourceHarness): void;
  /** Actual usage, without what no file contains: from the recorded server responses, never from our own counts. */
  readonly truth: Totals;
  /** Tokens by session or model, if the recorded responses contain them: each list adds up to the whole. */
  readonly bySession?: Readonly<Record<string, number>>;
  readonly byModel?: Readonly<Record<string, number>>;
}
