import { findingOf, isInformation, said } from "../model/report.ts";
import type { Diagnostic } from "./contract.ts";

/** The last of the shelf: what nobody knows is kept in its own words and never dropped. */
export const other: Diagnostic = {
  name: "other",
  meaning: "a warning of the program that no other rule knows, in its own words",
  fallback: true,
  match: ({ items }) =>
    items
      .filter(({ section, marked }) => marked || !isInformation(section))
      .map((item) => {
        const section = /^warnings? found$/i.test(item.section) ? null : item.section || null;
        const details = { section, more: said(item.parts.join("; ")) || null };
        return { finding: findingOf(item, "other", "warning", details), items: [item] };
      }),
};
