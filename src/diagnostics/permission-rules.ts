import { findingOf } from "../claude/report.ts";
import type { Diagnostic } from "./contract.ts";

/** The heading of doctor today, and that of 2.1 before. */
const SECTION = /^(?:Permission rules that may not work as written|Unreachable Permission Rules)$/i;

/** The section of doctor. */
export const permissionRules: Diagnostic = {
  name: "permission-rules",
  description: "a permission rule that does not do what it seems to",
  match: ({ items }) =>
    items
      .filter(({ section }) => SECTION.test(section))
      .map((item) => ({ finding: findingOf(item, "permission_rules", "warning"), items: [item] })),
};
