import { version } from "../../package.json";
import { readInstallRecord } from "../install/installation.ts";
import {
  bunCommand,
  installWords,
  isInstalledCopy,
  originOf,
  originText,
  sourceOf,
  upgradeCommands,
} from "../install/origin.ts";
import { jsonText } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";

/** Prints how this copy was installed, and the commands that upgrade it. */
export const upgrade: Command = {
  name: "upgrade",
  purpose: "setup",
  description: "print how this copy was installed and what upgrades it; it runs no command and uses no network",
  options: [{ name: "json", description: "print the result as JSON" }],
  examples: [{ args: "upgrade", description: "how to upgrade this copy, and the one that shows the line" }],
  related: ["install", "doctor"],
  run(context) {
    const { options, places, print } = context;
    const here = originOf(places);
    const record = readInstallRecord(places);
    const line = record && Object.keys(record.lines).length > 0 ? record : null;
    const from = sourceOf(places, record);
    const commands = from ? upgradeCommands(from, bunCommand(context), line && installWords(line)) : [];
    if (options["json"] === true) {
      const shown = line && { directory: `${places.pets}/bin`, from: line.installed_from };
      print(jsonText({ version, from: { name: here.name, path: here.path }, line: shown, commands }));
      return Promise.resolve(0);
    }
    print(`this is Pawprint ${version}: ${originText(here)}`);
    if (isInstalledCopy(here)) {
      if (from) print(`it was installed by Pawprint ${from.version}: ${originText(from)}`);
    } else if (line?.installed_from) {
      const { installed_from: by } = line;
      print(
        `the line is shown by a copy in ${places.pets}/bin, installed by Pawprint ${by.version}: ${originText(by)}`,
      );
    }
    if (commands.length === 0) {
      print(
        "install.json does not record where it is from; run install from a newer copy, as the first one was installed",
      );
    } else {
      print(`to upgrade it${line && !isInstalledCopy(here) ? " and the copy that shows the line" : ""}, run:`);
      for (const command of commands) print(`  ${command}`);
    }
    print("no network was used, so this does not say whether there is a newer version");
    return Promise.resolve(0);
  },
};
