import type { AccountLimitFact, FindingFact, StatusFact } from "../model/fact.ts";

/** A reading of a limit of an account, with the id of the machine that read it. */
export type AccountLimitRow = Omit<AccountLimitFact, "key" | "source">;
/** A finding of a machine. */
export type FindingRow = Omit<FindingFact, "key" | "source">;
/** The status of a way of signing in on a machine. */
export type StatusRow = Omit<StatusFact, "key" | "source">;
