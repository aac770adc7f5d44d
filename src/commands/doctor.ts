import type { Check } from "./doctor/check.ts";
import { checkAll } from "./doctor/checks.ts";
import { directoryChecks } from "./doctor/directories.ts";
import { jsonText, styleOf } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";
import { assistantChecks } from "./doctor/assistants.ts";
import { priceChecks } from "./doctor/prices.ts";
import { zoneChecks } from "./doctor/zone.ts";

const MARKS = { ok: ["good", "ok"], note: ["notice", "note"], broken: ["alarm", "broken"] } as const;

/** What is wrong, and what to do about it. */
export const doctor: Command = {
  name: "doctor",
  description:
    "check line, program, settings, directory, disk, log, open findings, assistants and prices; exit 1 when something is broken",
  options: [{ name: "json", description: "print the checks as JSON" }],
  async run({ options, terminal, settings, print, ...machine }) {
    const all = { settings, ...machine };
    const checks = [
      ...(await checkAll(all, folderOf(machine.places.home))),
      ...directoryChecks(all),
      ...zoneChecks(all),
      ...assistantChecks(all),
      ...(await priceChecks(all)),
    ];
    if (options["json"]) print(jsonText({ checks }, 2));
    else {
      const look = styleOf({ theme: settings.theme, glyphs: settings.glyphs, colour: terminal.colour, links: false });
      const told = ({ name, state, message, remedy }: Check): string => {
        const [role, mark] = MARKS[state];
        const advice = remedy === null ? "" : `\n        ${look.paint("quiet", remedy)}`;
        return `${look.paint(role, mark.padEnd(6))}  ${name}: ${message}${advice}`;
      };
      for (const check of checks) print(told(check));
    }
    return checks.some(({ state }) => state === "broken") ? 1 : 0;
  },
};

/** The folder this runs in; the home directory where that folder is gone. */
function folderOf(home: string): string {
  try {
    return process.cwd();
  } catch {
    return home;
  }
}
