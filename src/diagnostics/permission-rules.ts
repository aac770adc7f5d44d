import { findingOf } from "../claude/report.ts";
import type { Diagnostic } from "./contract.ts";

/** The heading of doctor in current versions and in earlier versions of 2.1. */
const SECTION = /^(?:Permission rules that may not work as written|Unreachable Permission Rules)$/i;

/** Reads the section on permission rules of doctor. */
export const permissionRules: Diagnostic = {
  name: "permission-rules",
  description: "a permission rule does not work as written",
  match: ({ items }) =>
    items
      .filter(({ section }) => SECTION.test(section))
      .map((item) => ({ finding: findingOf(item, "permission_rules", "warning"), items: [item] })),
};
