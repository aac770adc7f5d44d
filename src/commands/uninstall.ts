import { existsSync } from "node:fs";
import { counted, printable } from "../install/diff.ts";
import type { Outcome } from "../install/plan.ts";
import { takeOutHook } from "../install/hooks.ts";
import { uninstall as engine, type Uninstalled, type UninstalledFrom } from "../install/uninstall.ts";
import { sources } from "../sources/registry.ts";
import { messageOf } from "../utils/errors.ts";
import { logDirectory } from "../utils/paths.ts";
import { jsonText } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";

/** Takes the line out of Claude Code again. */
export const uninstall: Command = {
  name: "uninstall",
  description: "take the line out of Claude Code, and put back the statusLine that was there before; logs stay",
  options: [
    { name: "dry-run", description: "show what would change and change nothing" },
    { name: "json", description: "print the result as JSON" },
  ],
  async run(context) {
    const { options, places, settings } = context;
    const dryRun = options["dry-run"] === true;
    const done = await engine(context, dryRun);
    const hooks = done.neededBy.length > 0 ? [] : await withoutHooks(context, dryRun);
    const logs = await logDirectory(settings, { ...places, root: places.pets });
    const kept = [logs, `${places.pets}/.env`].filter((path) => existsSync(path));
    if (options["json"] === true) {
      context.print(
        jsonText({
          dry_run: dryRun,
          ...jsonOf(done.directories[0]),
          directories: done.directories.map(jsonOf),
          files: done.files,
          hooks,
          needed_by: done.neededBy,
          kept,
        }),
      );
    } else {
      for (const line of told(done, dryRun, `${places.pets}/bin`, kept)) context.print(line);
      for (const path of hooks) context.print(`${dryRun ? "would take" : "took"} our hook out of ${path}`);
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

/** Takes the hooks of other assistants out, which would run what is gone; the files that held one. What cannot be read is told. */
async function withoutHooks(context: Context, dryRun: boolean): Promise<string[]> {
  const changed: string[] = [];
  for (const { name, hook } of sources) {
    if (!hook) continue;
    const wanted = { assistant: name, path: hook.settings(context.env, context.places.home), event: hook.event };
    try {
      if ((await takeOutHook(context, wanted, dryRun)).changed) changed.push(wanted.path);
    } catch (error) {
      context.warn(`a hook of ours may still be in ${wanted.path}: ${messageOf(error)}`);
    }
  }
  return changed;
}

const OUTCOMES = {
  restored: "the previous statusLine is back in",
  removed: "the statusLine is taken out of",
  absent: "there is no statusLine in",
  foreign: "the statusLine is not ours any more and stays in",
} satisfies Record<Outcome, string>;

function told(done: Uninstalled, dryRun: boolean, bin: string, kept: readonly string[]): string[] {
  const lines: string[] = [];
  for (const { settingsPath, outcome, backup, diff } of done.directories) {
    if (dryRun && diff !== "") lines.push(...printable(diff));
    else lines.push(`${OUTCOMES[outcome]} ${settingsPath}`);
    if (backup) lines.push(`  what was there before: ${backup}`);
  }
  if (done.files.length > 0) lines.push(`${dryRun ? "would remove" : "removed"} ${counted(done.files)} from ${bin}`);
  if (done.neededBy.length > 0) lines.push(`${bin} stays: ${done.neededBy.join(", ")} use it too`);
  for (const path of kept) lines.push(`stays: ${path}`);
  return lines;
}
