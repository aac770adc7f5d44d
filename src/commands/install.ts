import { counted, printable } from "../setup/diff.ts";
import { install as engine, type Installed } from "../setup/install.ts";
import type { Settings } from "../utils/config.ts";
import { duration } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";

/** Puts the line into Claude Code. */
export const install: Command = {
  name: "install",
  meaning: "show the line in Claude Code: puts it in ~/.claude/pets/bin and into settings.json",
  options: [
    { name: "log", meaning: "also keep the usage and status log (says what is recorded)" },
    { name: "chain", meaning: "show what the previous statusLine prints under ours" },
    { name: "standalone", meaning: "install one executable that needs no Bun" },
    { name: "dry-run", meaning: "show what would change and change nothing" },
    { name: "json", meaning: "print the result as JSON" },
  ],
  async run(context) {
    const { options } = context;
    const dryRun = options["dry-run"] === true;
    const done = await engine(context, {
      standalone: options["standalone"] === true,
      chain: options["chain"] === true,
      log: options["log"] === true,
      dryRun,
    });
    if (options["json"] === true) context.print(JSON.stringify(asJson(done, dryRun)));
    else for (const line of told(done, dryRun, context)) context.print(line);
    return 0;
  },
};

function asJson(done: Installed, dryRun: boolean): Record<string, unknown> {
  return {
    dry_run: dryRun,
    settings: done.settingsPath,
    changed: done.settingsChanged || done.files.length > 0 || (done.logging?.changed ?? false),
    settings_changed: done.settingsChanged,
    command: done.command,
    standalone: done.standalone,
    chain: done.chain,
    files: done.files,
    backup: done.backup,
    previous: done.previous,
    diff: done.diff,
    logging: done.logging && {
      settings: done.logging.path,
      directory: done.logging.directory,
      changed: done.logging.changed,
    },
    notes: done.notes,
  };
}

function told(done: Installed, dryRun: boolean, { places, settings }: Context): string[] {
  const bin = `${places.pets}/bin`;
  const lines: string[] = [];
  if (dryRun) {
    if (done.files.length > 0) lines.push(`would write ${counted(done.files)} to ${bin}`);
    lines.push(...(done.diff === "" ? [`${done.settingsPath} would not change`] : printable(done.diff)));
    if (done.logging?.diff) lines.push(...printable(done.logging.diff));
  } else {
    if (done.files.length > 0) lines.push(`wrote ${counted(done.files)} to ${bin}`);
    if (done.settingsChanged) lines.push(`set the statusLine in ${done.settingsPath}`);
    if (done.backup) lines.push(`  what was there before: ${done.backup}`);
    if (done.files.length === 0 && !done.settingsChanged) lines.push("already installed: nothing changed");
    lines.push(`  it runs: ${done.command}`, `  ask it: ${bin}/pawprint doctor`);
  }
  if (done.previous !== null) {
    lines.push(
      `the previous statusLine is remembered${done.chain ? " and shown under ours" : ""}; uninstall puts it back`,
    );
  }
  if (done.logging) lines.push(...privacy(done.logging.directory, done.logging.path, settings, dryRun));
  lines.push(...done.notes.map((note) => `note: ${note}`));
  if (!dryRun && done.settingsChanged) lines.push("running sessions of Claude Code show it at their next refresh");
  return lines;
}

/** What logging records, plainly. */
function privacy(directory: string, path: string, settings: Settings, dryRun: boolean): string[] {
  return [
    `logging ${dryRun ? "would be" : "is"} on (${path}); records go to ${directory}, which only you can read:`,
    `  every ${duration(settings.usageInterval)}: your limits in percent with their reset times, cost and size of the context`,
    `  every ${duration(settings.statusInterval)}: the account's e-mail address, version, model, and what Claude Code says is wrong`,
    "  each with the session's id and the path of its working directory; nothing is sent anywhere",
    "  less of it: PET_LOG_EMAIL=hash or off, PET_LOG_CWD=basename or off, in the same file",
  ];
}
