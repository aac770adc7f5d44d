import { findingOf } from "../claude/report.ts";
import type { Diagnostic } from "./contract.ts";

/** Reads the section "Environment variables" of doctor. */
export const environmentVariables: Diagnostic = {
  name: "environment-variables",
  description: "an environment variable has a value that the program cannot use",
  match: ({ items }) =>
    items
      .filter(({ section }) => /^environment variables$/i.test(section))
      .map((item) => {
        const name = /^([A-Z][A-Z0-9_]{1,100}):/.exec(item.text)?.[1] ?? null;
        return { finding: findingOf(item, "environment_variables", "warning", { name }), items: [item] };
      }),
};
