import { resolve } from "node:path";
import { PawprintError } from "../utils/errors.ts";
import { replaceFile } from "../utils/files.ts";
import { refuseExisting } from "../utils/ownership.ts";
import type { Check } from "./doctor/check.ts";
import { checkAll } from "./doctor/check-all.ts";
import { directoryChecks } from "./doctor/directories.ts";
import { jsonText, styleOf } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";
import { hubChecks } from "./doctor/hub.ts";
import { assistantChecks } from "./doctor/assistants.ts";
import { priceChecks } from "./doctor/prices.ts";
import { zoneChecks } from "./doctor/zone.ts";

const MARKS = { ok: ["good", "ok"], note: ["notice", "note"], broken: ["alarm", "broken"] } as const;

/** Checks the installation and prints what is wrong and how to fix it. */
export const doctor: Command = {
  name: "doctor",
  purpose: "setup",
  description:
    "check everything and say how to fix problems: the line, Claude Code, settings, log directory, disk, log, findings, assistants, prices, hub and services; exit with 1 if something is broken",
  options: [
    {
      name: "bundle",
      value: "file",
      description:
        "write a report that you can attach to an issue: without paths, names, addresses and secrets; shown first",
    },
    { name: "yes", description: "with --bundle: write the file without asking" },
    { name: "json", description: "print the checks as JSON" },
  ],
  examples: [
    { args: "doctor", description: "check everything and say how to fix problems" },
    { args: "doctor --json", description: "the same checks for a script" },
    { args: "doctor --bundle pawprint-report.json", description: "write a report to attach to an issue" },
  ],
  related: ["install", "verify"],
  async run(context) {
    const { options, terminal, settings, print, ...machine } = context;
    const all = { settings, ...machine };
    const checks = [
      ...(await checkAll(all, currentFolder(machine.places.home))),
      ...directoryChecks(all),
      ...zoneChecks(all),
      ...(await assistantChecks(all)),
      ...(await priceChecks(all)),
      ...(await hubChecks(all)),
    ];
    if (typeof options["bundle"] === "string") return await writeBundle(context, options["bundle"], checks);
    if (options["json"]) print(jsonText({ checks: checks.map(asJson) }, 2));
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

const asJson = ({ name, state, message, remedy }: Check) => ({ name, state, message, remedy });

/** Shows the report, and writes it to a new file if the user agrees. Throws file_refused, bad_usage and what replaceFile throws. */
async function writeBundle(context: Context, file: string, checks: readonly Check[]): Promise<number> {
  const { print, ask, options } = context;
  const path = resolve(file);
  refuseExisting(path, null);
  const { bundleOf } = await import("./doctor/bundle.ts");
  const text = jsonText(await bundleOf(context, checks), 2);
  print(text);
  if (options["yes"] !== true) {
    if (ask === undefined) {
      const hint = "nothing was written; add --yes to write the file";
      throw new PawprintError("bad_usage", "doctor --bundle asks before it writes, which needs a terminal", hint);
    }
    if ((await ask(`Write this to ${path}? Type yes to write it: `)).trim() !== "yes") {
      print("nothing was written");
      return 0;
    }
  }
  refuseExisting(path, null);
  replaceFile(path, `${text}\n`);
  context.warn(`wrote ${path}; it is not sent anywhere: attach it to your issue`);
  return 0;
}

/** Returns the working directory, or the home directory if the working directory has been deleted. */
function currentFolder(home: string): string {
  try {
    return process.cwd();
  } catch {
    return home;
  }
}
