import { truncateMessage } from "../claude/report.ts";
import type { Diagnostic } from "./contract.ts";

/** Reads the fact line "Search: Not working (which)" of doctor. */
export const searchBroken: Diagnostic = {
  name: "search-broken",
  description: "the program's file search (ripgrep) does not work",
  match({ facts }) {
    const value = facts.get("Search") ?? "";
    if (!/^not working\b/i.test(value)) return [];
    const search = /\((.{1,300})\)/.exec(value)?.[1] ?? null;
    const message = truncateMessage(`Search: ${value}`);
    return [{ finding: { type: "search_broken", severity: "error", message, details: { search } }, items: [] }];
  },
};
