import type { FindingObservation } from "../model/log-observation.ts";
import type { AccountLimitFact, FindingFact, StatusFact } from "../model/fact.ts";

/** A reading of a limit of an account, with the id of the machine that read it. */
export type AccountLimitRow = Omit<AccountLimitFact, "key" | "source">;
/** A finding of a machine. */
export type FindingRow = Omit<FindingFact, "key" | "source">;
/** An event of a finding, by the key of the finding: it appeared, changed or was resolved. `at` is epoch milliseconds. */
export interface FindingEventRow extends Pick<FindingObservation, "at" | "state"> {
  readonly key: string;
  readonly machine: string;
}
/** The status of a way of signing in on a machine. */
export type StatusRow = Omit<StatusFact, "key" | "source">;
