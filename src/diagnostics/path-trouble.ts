import { findingOf } from "../claude/report.ts";
import type { ReportItem } from "../model/finding.ts";
import type { Diagnostic } from "./contract.ts";

/** What the sentence is about: two that share it are the same trouble, told twice. */
const ABOUT = [
  /^(Native installation exists but .{1,300} is not in your PATH)/,
  /^claude command at (.{1,300}?) missing or broken/i,
  /^installMethod is native, but claude command not found at (.{1,300})$/,
];

const aboutOf = (text: string): string | undefined => ABOUT.map((form) => form.exec(text)?.[1]).find(Boolean);

/** doctor says the same trouble up to twice, with and without the reason: one finding, with the fuller sentence. */
export const pathTrouble: Diagnostic = {
  name: "path-trouble",
  description: "the claude command cannot be found or started where PATH or the configuration points",
  match({ items }) {
    const groups = new Map<string, ReportItem[]>();
    for (const item of items) {
      const about = aboutOf(item.text);
      if (about) groups.set(about, [...(groups.get(about) ?? []), item]);
    }
    return [...groups.values()].flatMap((same) => {
      const fullest = same.toSorted((a, b) => b.text.length - a.text.length)[0];
      if (!fullest) return [];
      const severity = /is not in your PATH/.test(fullest.text) ? "warning" : "error";
      return [{ finding: findingOf(fullest, "path_trouble", severity), items: same }];
    });
  },
};
