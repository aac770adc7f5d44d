import { findingOf } from "../claude/report.ts";
import type { Diagnostic } from "./contract.ts";

const TOGETHER = /^Instruction files will impact performance\b/;
const ONE = /^Large (.{1,500}?) will impact performance\b/;
const SIZE = /([\d.,]{1,12}k?) chars(?: in total)? > ([\d.,]{1,12}k?)/;

/** Reads the sentences of /status; doctor does not print them. */
export const largeInstructions: Diagnostic = {
  name: "large-instructions",
  description: "instruction files (CLAUDE.md) are so large that every request becomes slower and more expensive",
  match: ({ items }) =>
    items
      .filter(({ text }) => TOGETHER.test(text) || ONE.test(text))
      .map((item) => {
        const [, size = null, limit = null] = SIZE.exec(item.text) ?? [];
        const details = { path: ONE.exec(item.text)?.[1] ?? null, size, limit };
        return { finding: findingOf(item, "large_instructions", "warning", details), items: [item] };
      }),
};
