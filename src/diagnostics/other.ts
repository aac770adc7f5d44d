import { findingOf, isInformation, truncateMessage } from "../claude/report.ts";
import type { ReportItem } from "../model/finding.ts";
import type { Diagnostic } from "./contract.ts";

/** Matches an item that reports a good state or an amount: "Proxy: OK", "✓ Signed in", "API: 7 ms", "Transcripts: 105 files". */
const STATUS =
  /^✓|(?:^|: )(?:ok|answered|connected|reachable|available|enabled|passed|up to date|running|not tested|skipped|none|not set)\b|: [$€]?\d[\d.,:/]{0,20}(?: ?[\p{L}%]{1,12})?$/iu;
/** Matches an item that reports a failure. */
const FAILURE =
  /^✗|\b(?:fail(?:s|ed|ure)?|errors?|invalid|cannot|could not|can['’]t|unable|denied|refused|missing|broken|unreachable|timed out|not found|not working|blocked|expired|corrupt(?:ed)?)\b/i;

/** The section of the program's warnings. */
const WARNINGS = /^warnings? found$/i;

/**
 * Whether an item that no rule explained is a problem: if the program marks it or lists it as a warning, else if its section is
 * not informational. An unknown section that lists states counts as informational, except for its failures.
 */
function isProblem({ section, marked, text }: ReportItem, itemsOfSection: readonly ReportItem[]): boolean {
  if (marked || WARNINGS.test(section)) return true;
  if (isInformation(section)) return false;
  const listsStates =
    section !== "" && itemsOfSection.some((item) => STATUS.test(item.text) && !FAILURE.test(item.text));
  return !listsStates || FAILURE.test(text);
}

/** The last rule of the registry: keeps unknown warnings with their original text. */
export const other: Diagnostic = {
  name: "other",
  description: "a warning of the program that no other rule knows, with its original text",
  fallback: true,
  match({ items }) {
    const sections = Map.groupBy(items, ({ section }) => section);
    return items
      .filter((item) => isProblem(item, sections.get(item.section) ?? []))
      .map((item) => {
        const section = WARNINGS.test(item.section) ? null : item.section || null;
        const details = { section, more: truncateMessage(item.parts.join("; ")) || null };
        return { finding: findingOf(item, "other", "warning", details), items: [item] };
      });
  },
};
