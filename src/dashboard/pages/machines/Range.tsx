import { choiceOf, Segments } from "../../parts/Segments.tsx";

const RANGES = [
  ["1d", "Today"],
  ["7d", "7 days"],
  ["30d", "30 days"],
  ["all", "All"],
] as const;

/** A choice of days, kept in the address. */
export const Range = () => <Segments name="last" label="Range" choices={RANGES} fallback="7d" />;

/** The range that the address names, as options of a report. */
export function rangeParams(): { readonly last: string | null } {
  const last = choiceOf("last", RANGES, "7d");
  return { last: last === "all" ? null : last };
}

/** The range in words. */
export function rangeText(): string {
  const last = choiceOf("last", RANGES, "7d");
  const [, text] = RANGES.find(([choice]) => choice === last) ?? RANGES[1];
  return last === "1d" ? "today" : last === "all" ? "all time" : `last ${text}`;
}
