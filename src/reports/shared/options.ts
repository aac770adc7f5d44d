/** Options that choose days. */
export const RANGE = ["since", "until", "last"] as const;
/** Options that choose where something was used. */
export const PLACE = ["project", "account", "branch", "source"] as const;
/** Options that sort and shorten a table. */
export const ROWS = ["sort", "order", "limit"] as const;
/** Options of reports over tokens and costs. */
export const USAGE = [...RANGE, ...PLACE, "model", "cost-mode", ...ROWS] as const;

/** Options of reports that ccusage has as well. */
export const CCUSAGE = [...USAGE, "breakdown", "offline", "all"] as const;

/** An option that some reports take. */
export type ReportOptionName = (typeof CCUSAGE)[number] | "active" | "id" | "all-days" | "start-of-week" | "instances";
