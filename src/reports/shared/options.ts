/** The options of a report by name without dashes: true for a flag, otherwise the value. */
export type ReportOptions = Readonly<Record<string, string | true | undefined>>;

/** The days of a week as --start-of-week names them, Sunday first. */
export const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;

/** What --by splits by. */
export const BY = ["model", "machine", "project", "person", "branch", "assistant"] as const;

/** What a heatmap counts. */
export const HEATMAP_OF = ["prompts", "cost", "tokens"] as const;

/** Whether a value of --by exists at a hub only. */
export const needsHub = (by: unknown): boolean => by === "machine" || by === "person";

/** Options that choose days. */
export const RANGE = ["since", "until", "last"] as const;
/** Options that choose where something was used. */
export const PLACE = ["project", "account", "branch", "source"] as const;
/** Options that sort and shorten a table. */
export const ROWS = ["sort", "order", "limit", "offset"] as const;
/** Options of reports over tokens and costs. */
export const USAGE = [...RANGE, ...PLACE, "model", "cost-mode", ...ROWS] as const;

/** Options of reports that ccusage has as well. */
export const CCUSAGE = [...USAGE, "breakdown", "offline", "all"] as const;

/** Options of some reports that have no value. */
export const FLAGS = ["breakdown", "active", "all-days", "instances", "offline", "all"] as const;
/** Options of some reports that have a value. */
export const VALUES = [...USAGE, "id", "match", "start-of-week", "by", "of"] as const;

/** An option that some reports take. */
export type ReportOptionName = (typeof FLAGS)[number] | (typeof VALUES)[number];
