import type { Level } from "../../model/wire.ts";
import type { SessionOrigin } from "../fold/origins.ts";
import type { PreparedEntry } from "../fold/prepare.ts";
import type { Facts } from "./Facts.ts";
import type { FileMark, SkippedLine } from "./Files.ts";
import type { LedgerMachine } from "./identity.ts";
import type { Journal } from "./Journal.ts";

/** The result of reading some files, or of what a machine sent, written in one transaction or not at all. */
export interface Batch {
  /** The machine that observed; the ledger's own if missing. The birth that it is first named with is kept. */
  readonly machine?: LedgerMachine;
  /** What the machine left out of the observations before it sent them; nothing if missing. */
  readonly level?: Level;
  /** Number of fields that it cut from the end of each body besides, since this hub did not know them; 0 if missing. */
  readonly cut?: number;
  readonly source: string;
  /** The observations, as `prepare` or `prepareRows` returned them for that machine. */
  readonly entries: readonly PreparedEntry[];
  readonly skipped?: readonly SkippedLine[];
  /** Files that are read from their beginning again: what was skipped in them before is deleted. */
  readonly restarted?: readonly string[];
  /** How far the files were read, including this batch. */
  readonly files?: readonly FileMark[];
  /** Where the sessions of these observations began, and the accounts they belong to. */
  readonly origins?: readonly SessionOrigin[];
}

/** What a batch changed. */
export interface Added {
  /** Number of observations that the journal did not have, or that a newer reader made. */
  readonly rows: number;
  /** Number of observations that are not stored, because those of their key were pruned: its fact would follow from these alone. */
  readonly late: number;
  /** Whether observations were removed that the machine had sent at another level. */
  readonly isReplaced: boolean;
}

/** What is needed for writing; a report does without. */
export interface Writers {
  readonly journal: Journal;
  readonly facts: Facts;
}
