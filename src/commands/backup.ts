import { checkSettings } from "../install/machine.ts";
import { bytesText, count } from "../render/format.ts";
import { jsonText } from "../utils/terminal.ts";
import { fileArgument } from "./archive/file-argument.ts";
import { backupPlaces } from "./archive/places.ts";
import { writeBackup } from "./archive/write-backup.ts";
import type { Command } from "./contract.ts";

/** Copies ledger, log and settings to one file. */
export const backup: Command = {
  name: "backup",
  purpose: "ledger",
  description:
    "copy ledger, log, prices and settings to a new tar file; with checksums, also while sessions go on; it contains all that the log and the ledger do",
  args: "<file>",
  options: [{ name: "json", description: "print the result as JSON" }],
  examples: [
    { args: "backup ~/pawprint-2026-11-29.tar", description: "write a backup, which tar can list and unpack" },
  ],
  related: ["restore", "export"],
  async run(context) {
    const { args, options, print, clock } = context;
    checkSettings(context, "logging");
    const path = fileArgument(args, "backup");
    const { files, responses } = await writeBackup(path, await backupPlaces(context), clock);
    const bytes = Bun.file(path).size;
    if (options["json"] === true) print(jsonText({ file: path, bytes, responses, files }, 2));
    else {
      print(`wrote ${path}: ${bytesText(bytes)}, readable only by you`);
      if (responses !== null) print(`  the ledger with ${count(responses)} responses`);
      for (const { name, size } of files) print(`  ${name}  ${bytesText(size)}`);
      print(`to put it back, on this machine or another one, run: pawprint restore ${path}`);
    }
    return 0;
  },
};
