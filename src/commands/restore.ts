import { refuseOthersDirectory } from "../install/home.ts";
import { withInstallLock } from "../install/install.ts";
import { checkSettings } from "../install/machine.ts";
import { bytesText, count } from "../render/format.ts";
import { clean, jsonText } from "../utils/terminal.ts";
import { fileArgument } from "./archive/file-argument.ts";
import { backupPlaces, placeOf } from "./archive/places.ts";
import { type RestoredFile, restoreFiles } from "./archive/restore-files.ts";
import { verifyBackup } from "./archive/verify-backup.ts";
import type { Command } from "./contract.ts";

/** Puts the files of a backup in place of this machine's. */
export const restore: Command = {
  name: "restore",
  purpose: "ledger",
  description:
    "put back the ledger, log, prices and settings of a backup; all of it is checked before, and the replaced files are kept next to them",
  args: "<file>",
  options: [
    { name: "dry-run", description: "check the backup and show what would be replaced; nothing is changed" },
    { name: "json", description: "print the result as JSON" },
  ],
  examples: [
    { args: "restore ~/pawprint-2026-11-29.tar --dry-run", description: "check a backup" },
    { args: "restore ~/pawprint-2026-11-29.tar", description: "put it in place" },
  ],
  related: ["backup", "export"],
  async run(context) {
    const { args, options, print, clock, places } = context;
    checkSettings(context, "logging");
    const path = fileArgument(args, "restore");
    using verified = verifyBackup(path);
    const { manifest, files } = verified;
    const to = await backupPlaces(context);
    const dryRun = options["dry-run"] === true;
    refuseOthersDirectory(places);
    const done = dryRun ? [] : await withInstallLock(places, clock, () => restoreFiles(verified, to, clock));
    const { format: _, files: __, ...about } = manifest;
    if (options["json"] === true) {
      const checked = files.map(({ name, size, sha256 }) => ({ name, size, sha256, path: placeOf(name, to) }));
      print(jsonText({ dry_run: dryRun, file: path, ...about, checked, files: done }, 2));
      return 0;
    }
    const [created, program, machine] = [about.created, about.program, about.machine].map((text) => clean(text, 80));
    print(`${path} is whole: written on ${created} by pawprint ${program} on ${machine}`);
    if (about.responses !== null) print(`  its ledger has ${count(about.responses)} responses`);
    for (const { name, size } of dryRun ? files : [])
      print(`would restore ${placeOf(name, to)}: ${name}, ${bytesText(size)}`);
    for (const line of done.flatMap(linesOf)) print(line);
    if (done.some(({ kept }) => kept !== null)) print("delete the kept files when you no longer need them");
    return 0;
  },
};

function linesOf({ path, bytes, result, kept }: RestoredFile): string[] {
  if (result === "moved aside") return [`moved ${path}, which the backup does not have, to ${kept}`];
  if (result === "unchanged") return [`unchanged: ${path}`];
  return [`restored ${path}: ${bytesText(bytes)}`, ...(kept === null ? [] : [`  the file before is kept as ${kept}`])];
}
