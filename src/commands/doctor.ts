import type { Check } from "./doctor/check.ts";
import { checkAll } from "./doctor/check-all.ts";
import { directoryChecks } from "./doctor/directories.ts";
import { jsonText, styleOf } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";
import { assistantChecks } from "./doctor/assistants.ts";
import { priceChecks } from "./doctor/prices.ts";
import { zoneChecks } from "./doctor/zone.ts";

const MARKS = { ok: ["good", "ok"], note: ["notice", "note"], broken: ["alarm", "broken"] } as const;

/** Checks the installation and prints what is wrong and how to fix it. */
export const doctor: Command = {
  name: "doctor",
  purpose: "setup",
  description:
    "check the line, Claude Code, settings, log directory, disk, log, findings, assistants and prices, and say how to fix problems; exit with 1 if something is broken",
  options: [{ name: "json", description: "print the checks as JSON" }],
  examples: [
    { args: "doctor", description: "check everything and say how to fix problems" },
    { args: "doctor --json", description: "the same checks for a script" },
  ],
  related: ["install", "verify"],
  async run({ options, terminal, settings, print, ...machine }) {
    const all = { settings, ...machine };
    const checks = [
      ...(await checkAll(all, currentFolder(machine.places.home))),
      ...directoryChecks(all),
      ...zoneChecks(all),
      ...(await assistantChecks(all)),
      ...(await priceChecks(all)),
    ];
    if (options["json"]) print(jsonText({ checks }, 2));
    else {
      const style = styleOf({ theme: settings.theme, glyphs: settings.glyphs, colour: terminal.colour, links: false });
      const checkText = ({ name, state, message, remedy }: Check): string => {
        const [role, mark] = MARKS[state];
        const advice = remedy === null ? "" : `\n        ${style.paint("quiet", remedy)}`;
        return `${style.paint(role, mark.padEnd(6))}  ${name}: ${message}${advice}`;
      };
      for (const check of checks) print(checkText(check));
    }
    return checks.some(({ state }) => state === "broken") ? 1 : 0;
  },
};

/** Returns the working directory, or the home directory if the working directory has been deleted. */
function currentFolder(home: string): string {
  try {
    return process.cwd();
  } catch {
    return home;
  }
}
