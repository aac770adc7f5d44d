import { existsSync } from "node:fs";
import { fileCount, printable } from "../install/diff.ts";
import type { UninstallOutcome } from "../install/plan.ts";
import { takeOutHook } from "../install/hooks.ts";
import { uninstall as engine, type Uninstalled, type UninstalledFrom } from "../install/uninstall.ts";
import { sources } from "../sources/registry.ts";
import { messageOf } from "../utils/errors.ts";
import { logDirectory } from "../utils/paths.ts";
import { jsonText } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";

/** Removes the line from Claude Code. */
export const uninstall: Command = {
  name: "uninstall",
  purpose: "setup",
  description:
    "remove the line from Claude Code, restore the previous statusLine, and delete the program; logs, ledger and settings are kept",
  options: [
    { name: "dry-run", description: "show what would change, without changing anything" },
    { name: "json", description: "print the result as JSON" },
  ],
  examples: [
    { args: "uninstall --dry-run", description: "show what would change" },
    { args: "uninstall", description: "restore the previous status line and delete the program" },
  ],
  related: ["install"],
  async run(context) {
    const { options, places, settings } = context;
    const dryRun = options["dry-run"] === true;
    const done = await engine(context, dryRun);
    const hooks = done.neededBy.length > 0 ? [] : await takeOutHooks(context, dryRun);
    const logs = await logDirectory(settings, { ...places, root: places.pets });
    const kept = [logs, `${places.pets}/.env`].filter((path) => existsSync(path));
    if (options["json"] === true) {
      context.print(
        jsonText({
          dry_run: dryRun,
          ...jsonOf(done.directories[0]),
          directories: done.directories.map(jsonOf),
          files: done.files,
          shell_files: done.shellFiles,
          hooks,
          needed_by: done.neededBy,
          kept,
        }),
      );
    } else {
      for (const line of summaryLines(done, dryRun, `${places.pets}/bin`, kept)) context.print(line);
      for (const path of hooks) context.print(`${dryRun ? "would remove" : "removed"} Pawprint's hook from ${path}`);
    }
    return 0;
  },
};

const jsonOf = (done: UninstalledFrom | undefined) =>
  done && {
    settings: done.settingsPath,
    outcome: done.outcome,
    settings_changed: done.diff !== "",
    backup: done.backup,
    diff: done.diff,
  };

/** Removes our hooks from other assistants, since the program they run is gone. Returns the changed files; warns of unreadable ones. */
async function takeOutHooks(context: Context, dryRun: boolean): Promise<string[]> {
  const changed: string[] = [];
  for (const { name, hook } of sources) {
    if (!hook) continue;
    const wanted = { assistant: name, path: hook.settings(context.env, context.places.home), event: hook.event };
    try {
      if ((await takeOutHook(context, wanted, dryRun)).changed) changed.push(wanted.path);
    } catch (error) {
      context.warn(`Pawprint's hook may still be in ${wanted.path}: ${messageOf(error)}`);
    }
  }
  return changed;
}

const OUTCOMES = {
  restored: "restored the previous statusLine in",
  removed: "removed the statusLine from",
  absent: "there is no statusLine in",
  foreign: "left another program's statusLine in",
} satisfies Record<UninstallOutcome, string>;

function summaryLines(done: Uninstalled, dryRun: boolean, bin: string, kept: readonly string[]): string[] {
  const lines: string[] = [];
  for (const { settingsPath, outcome, backup, diff } of done.directories) {
    if (dryRun && diff !== "") lines.push(...printable(diff));
    else lines.push(`${OUTCOMES[outcome]} ${settingsPath}`);
    if (backup) lines.push(`  backup of the previous file: ${backup}`);
  }
  if (done.files.length > 0) lines.push(`${dryRun ? "would remove" : "removed"} ${fileCount(done.files)} from ${bin}`);
  for (const path of done.shellFiles) lines.push(`${dryRun ? "would remove" : "removed"} ${path}`);
  if (done.neededBy.length > 0)
    lines.push(`kept ${bin}: ${done.neededBy.join(", ")} still ${done.neededBy.length === 1 ? "uses" : "use"} it`);
  for (const path of kept) lines.push(`kept: ${path}`);
  return lines;
}
