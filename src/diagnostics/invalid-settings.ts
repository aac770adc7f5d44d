import { findingOf } from "../claude/report.ts";
import type { Diagnostic } from "./contract.ts";

const FOUND = /^Found invalid (?:entries in|settings files): ([^\n]{1,500}?)\.(?:\s|$)/;
const PAUSED = /^Transcript cleanup is paused\b/;

/** Reads the section "Invalid settings" of doctor and the sentences of /status. */
export const invalidSettings: Diagnostic = {
  name: "invalid-settings",
  description: "a settings file has entries that the program cannot read and skips",
  match: ({ items }) =>
    items
      .filter(({ section, text }) => /^invalid settings$/i.test(section) || FOUND.test(text) || PAUSED.test(text))
      .map((item) => {
        const [file = null, ...path] = item.text.includes(" › ")
          ? item.text.split(" › ")
          : [FOUND.exec(item.text)?.[1]];
        const last = /^([\w.[\]-]{1,100})(?::|$)/.exec(path.pop() ?? "")?.[1];
        const setting = [...path, ...(last ? [last] : [])].join(".") || null;
        const severity = PAUSED.test(item.text) ? "warning" : "error";
        return { finding: findingOf(item, "invalid_settings", severity, { file, setting }), items: [item] };
      }),
};
