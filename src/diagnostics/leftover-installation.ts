import { findingOf } from "../claude/report.ts";
import type { Diagnostic } from "./contract.ts";

const LEFT = /^(?:Leftover npm (?:global|local) installation|Orphaned npm global package) at (.{1,500})$/;
const UNUSED = /^Local installation exists but not being used/;
const UNREACHABLE = /^Local installation not accessible/;

/** Reads the sentences of doctor and /status in 2.0 and 2.1. */
export const leftoverInstallation: Diagnostic = {
  name: "leftover-installation",
  description: "an installation that is not in use: left over, orphaned, unused or inaccessible",
  match: ({ items }) =>
    items
      .filter(({ text }) => [LEFT, UNUSED, UNREACHABLE].some((form) => form.test(text)))
      .map((item) => {
        const severity = UNREACHABLE.test(item.text) ? "error" : "warning";
        const path = LEFT.exec(item.text)?.[1]?.trim() ?? null;
        return { finding: findingOf(item, "leftover_installation", severity, { path }), items: [item] };
      }),
};
