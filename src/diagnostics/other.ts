import { findingOf, isInformation, said } from "../claude/report.ts";
import type { ReportItem } from "../model/finding.ts";
import type { Diagnostic } from "./contract.ts";

/** An item that says that something is well, or how much there is of it: "Proxy: OK", "✓ Signed in", "API: 7 ms", "Transcripts: 105 files". */
const STATE =
  /^✓|(?:^|: )(?:ok|answered|connected|reachable|available|enabled|passed|up to date|running|not tested|skipped|none|not set)\b|: [$€]?\d[\d.,:/]{0,20}(?: ?[\p{L}%]{1,12})?$/iu;
/** An item that says that something is not. */
const FAILURE =
  /^✗|\b(?:fail(?:s|ed|ure)?|errors?|invalid|cannot|could not|can['’]t|unable|denied|refused|missing|broken|unreachable|timed out|not found|not working|blocked|expired|corrupt(?:ed)?)\b/i;

/** The section in which the program lists what it warns of. */
const WARNINGS = /^warnings? found$/i;

/**
 * Whether an item that no rule knows tells of trouble: when the program marks it; else when it stands in no section of mere
 * information. Of a section that nobody knows, such is one that lists the states of things; what failed among them counts.
 */
function isTrouble({ section, marked, text }: ReportItem, ofSection: readonly ReportItem[]): boolean {
  if (marked || WARNINGS.test(section)) return true;
  if (isInformation(section)) return false;
  const listsStates = section !== "" && ofSection.some((item) => STATE.test(item.text) && !FAILURE.test(item.text));
  return !listsStates || FAILURE.test(text);
}

/** The last of the shelf: what nobody knows is kept in its own words and never dropped. */
export const other: Diagnostic = {
  name: "other",
  description: "a warning of the program that no other rule knows, in its own words",
  fallback: true,
  match({ items }) {
    const sections = Map.groupBy(items, ({ section }) => section);
    return items
      .filter((item) => isTrouble(item, sections.get(item.section) ?? []))
      .map((item) => {
        const section = WARNINGS.test(item.section) ? null : item.section || null;
        const details = { section, more: said(item.parts.join("; ")) || null };
        return { finding: findingOf(item, "other", "warning", details), items: [item] };
      });
  },
};
