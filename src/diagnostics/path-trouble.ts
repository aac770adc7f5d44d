import { findingOf } from "../claude/report.ts";
import type { ReportItem } from "../model/finding.ts";
import type { Diagnostic } from "./contract.ts";

/** Patterns that capture the subject of a sentence: sentences with the same subject are the same problem. */
const SUBJECTS = [
  /^(Native installation exists but .{1,300} is not in your PATH)/,
  /^claude command at (.{1,300}?) missing or broken/i,
  /^installMethod is native, but claude command not found at (.{1,300})$/,
];

const subjectOf = (text: string): string | undefined => SUBJECTS.map((form) => form.exec(text)?.[1]).find(Boolean);

/** doctor prints a problem up to twice, with and without the reason; the finding has the longer sentence. */
export const pathTrouble: Diagnostic = {
  name: "path-trouble",
  description: "the claude command cannot be found or started where PATH or the configuration points",
  match({ items }) {
    const groups = new Map<string, ReportItem[]>();
    for (const item of items) {
      const subject = subjectOf(item.text);
      if (subject) groups.set(subject, [...(groups.get(subject) ?? []), item]);
    }
    return [...groups.values()].flatMap((duplicates) => {
      const longest = duplicates.toSorted((a, b) => b.text.length - a.text.length)[0];
      if (!longest) return [];
      const severity = /is not in your PATH/.test(longest.text) ? "warning" : "error";
      return [{ finding: findingOf(longest, "path_trouble", severity), items: duplicates }];
    });
  },
};
