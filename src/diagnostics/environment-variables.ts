import { findingOf } from "../claude/report.ts";
import type { Diagnostic } from "./contract.ts";

/** The section of doctor. */
export const environmentVariables: Diagnostic = {
  name: "environment-variables",
  description: "an environment variable that the program cannot use as it is set",
  match: ({ items }) =>
    items
      .filter(({ section }) => /^environment variables$/i.test(section))
      .map((item) => {
        const name = /^([A-Z][A-Z0-9_]{1,100}):/.exec(item.text)?.[1] ?? null;
        return { finding: findingOf(item, "environment_variables", "warning", { name }), items: [item] };
      }),
};
