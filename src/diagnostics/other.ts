import { findingOf, isInformation, said } from "../model/report.ts";
import type { Diagnostic } from "./contract.ts";

export const other: Diagnostic = {
  name: "other",
  meaning: "a warning of the program that no other rule knows, in its own words",
  fallback: true,
  match: ({ items }) =>
    items
      .filter(({ section, marked }) => marked || !isInformation(section))
      .map((item) => {
        const details = { section: item.section || null, more: said(item.parts.join("; ")) || null };
        return { finding: findingOf(item, "other", "warning", details), items: [item] };
      }),
};
