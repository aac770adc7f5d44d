import type { Report } from "./contract.ts";

/** The shelf of reports, in the order of the help. */
export const reports: readonly Report[] = [];
