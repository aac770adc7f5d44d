import type { Branch } from "../../line/branch.ts";
import type { RecorderOutcome } from "../../monitoring/Recorder.ts";
import type { Context } from "../contract.ts";

/** Where a first run takes place, and who answers in it. */
export interface FirstRun {
  /** The machine whose log and ledger are used. */
  readonly context: Context;
  /** The log's directory. */
  readonly directory: string;
  /** What a sentence calls it. */
  readonly place: string;
  /** Whose limits these are, for a sentence: "this machine's". */
  readonly limitsOf: string;
  /** The branch in the line. */
  readonly branch: Branch | null;
  /** Asks for usage and status, and records the answers. Throws what the recorder throws. */
  capture(): Promise<RecorderOutcome>;
}
