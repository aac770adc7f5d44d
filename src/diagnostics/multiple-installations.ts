import { truncateMessage } from "../claude/report.ts";
import type { Diagnostic } from "./contract.ts";

const FOUND = /^Multiple installations found\b/i;
const COUNTED = /^Multiple installations detected \((\d{1,3}) found\)/i;

/** Reads the section of doctor, its older marked list, and the count of /status. */
export const multipleInstallations: Diagnostic = {
  name: "multiple-installations",
  description: "the program is installed more than once; all installations in one finding",
  match(report) {
    const listed = report.items.filter(({ section }) => FOUND.test(section));
    const headings = report.items.filter(({ text, section }) => FOUND.test(text) && !FOUND.test(section));
    const counted = report.items.filter(({ text }) => COUNTED.test(text));
    const items = [...listed, ...headings, ...counted];
    if (items.length === 0) return [];
    const all = [...new Set([...listed.map(({ text }) => text), ...headings.flatMap(({ parts }) => parts)])];
    const installations = all.length > 0 ? truncateMessage(all.join("; ")) : null;
    const sentence = items[0]?.text ?? "";
    const message =
      installations === null
        ? truncateMessage(sentence)
        : truncateMessage(`Multiple installations found: ${installations}`);
    const count = all.length || Number(COUNTED.exec(counted[0]?.text ?? "")?.[1]) || null;
    const details = { count, installations };
    return [{ finding: { type: "multiple_installations", severity: "warning", message, details }, items }];
  },
};
