import { fileCount, printable } from "../install/diff.ts";
import { takeOutHook } from "../install/hooks.ts";
import type { FoundFiles } from "../install/inventory.ts";
import { readInstallRecord } from "../install/installation.ts";
import { checkSettings } from "../install/machine.ts";
import { bunCommand, startCommandOf, sourceOf } from "../install/origin.ts";
import type { UninstallOutcome } from "../install/plan.ts";
import { type Inventory, purge, type Purged, refuseWatch } from "../install/purge.ts";
import { uninstall as engine, type Uninstalled, type UninstalledFrom } from "../install/uninstall.ts";
import { type RemovedService, uninstallServices } from "../install/service/services.ts";
import { sources } from "../sources/registry.ts";
import { messageOf, PawprintError } from "../utils/errors.ts";
import { jsonText } from "../utils/terminal.ts";
import { bytesText } from "../render/format.ts";
import { wrapWords } from "../reports/shared/truncate.ts";
import { shownPath } from "../reports/shared/usage/accounts.ts";
import type { Command, Context } from "./contract.ts";
import { removedLines } from "./system-services/removed-lines.ts";
import { serviceSystem } from "./system-services/system.ts";
import { historyOf, historyText } from "./uninstall/history.ts";
import { writtenFiles } from "./inventory/written-files.ts";

/** Removes the line from Claude Code, and with --purge everything that Pawprint wrote. */
export const uninstall: Command = {
  name: "uninstall",
  purpose: "setup",
  description:
    "remove line and program, and restore the previous statusLine; logs, ledger and settings are kept and listed",
  options: [
    { name: "purge", description: "also delete logs, ledger, settings and backups: everything that Pawprint wrote" },
    { name: "yes", description: "with --purge: delete without asking" },
    { name: "dry-run", description: "show what would change, without changing anything" },
    { name: "json", description: "print the result as JSON" },
  ],
  examples: [
    { args: "uninstall", description: "remove the line, and list the files that are kept" },
    { args: "uninstall --purge --dry-run", description: "list everything that Pawprint wrote" },
    { args: "uninstall --purge", description: "remove everything that Pawprint wrote, after a question" },
  ],
  related: ["install", "backup"],
  async run(context) {
    return context.options["purge"] === true ? await runPurge(context) : await runUninstall(context);
  },
};

async function runUninstall(context: Context): Promise<number> {
  const { options, places } = context;
  const dryRun = options["dry-run"] === true;
  // The installed copy removes itself, so what is named for later is the one that it is from.
  const source = sourceOf(places, readInstallRecord(places));
  const program = source ? startCommandOf(source, bunCommand(context)) : "pawprint";
  const foreseen = await engine(context, { dryRun: true, purge: false });
  // The programs of services are ended before their files are gone.
  const services = foreseen.neededBy.length > 0 ? [] : await uninstallServices(serviceSystem(context), dryRun);
  const done = dryRun ? foreseen : await engine(context, { dryRun, purge: false });
  const hooks = done.neededBy.length > 0 ? [] : await takeOutHooks(context, dryRun);
  // Before a dry run's uninstallation, the program and its record are still there.
  const isGone = ({ what }: FoundFiles): boolean => dryRun && done.neededBy.length === 0 && REMOVED.has(what);
  const kept = (await writtenFiles(context)).found.filter((one) => !isGone(one));
  if (options["json"] === true) {
    context.print(jsonText({ ...jsonOf(done, { hooks, services }, dryRun), kept: kept.map(foundJson) }));
    return 0;
  }
  for (const line of summaryLines(done, { hooks, services }, dryRun, `${places.pets}/bin`)) context.print(line);
  if (kept.length === 0) return 0;
  context.print(`kept; ${program} uninstall --purge removes all of it, or remove it by hand:`);
  for (const one of kept) context.print(`  ${sizeText(one)}\n    ${one.remove}`);
  return 0;
}

/** Kinds of files that an uninstallation without --purge removes. */
const REMOVED = new Set(["program", "record of the installation", "output of the previous line"]);

/** Shows what will be removed, asks, and removes it. */
async function runPurge(context: Context): Promise<number> {
  const { options, print } = context;
  checkSettings(context, "logging");
  const isJson = options["json"] === true;
  const dryRun = options["dry-run"] === true;
  const foreseen = await engine(context, { dryRun: true, purge: true });
  const othersForeseen = await takeOutOthers(context, true);
  const before = await writtenFiles(context);
  if (dryRun && isJson) {
    print(jsonText(purgeJson(foreseen, othersForeseen, before, null, true)));
    return 0;
  }
  if (!isJson) {
    for (const line of planLines(context, foreseen, othersForeseen, before, dryRun)) print(line);
    const width = Math.max(context.terminal.columns, 40);
    for (const sentence of historyText(historyOf(context))) for (const line of wrapWords(sentence, width)) print(line);
  }
  if (dryRun) return 0;
  const mayRemove = options["yes"] === true || isNothing(foreseen, othersForeseen, before.found);
  if (!mayRemove && !(await isConfirmed(context))) {
    print("nothing was removed");
    return 0;
  }
  refuseWatch(before, context.clock);
  const others = await takeOutOthers(context, false);
  const done = await engine(context, { dryRun: false, purge: true });
  // Once more, because restoring the settings made new backups.
  const after = await writtenFiles(context);
  const purged = await purge(context, after);
  if (isJson) print(jsonText(purgeJson(done, others, after, purged, false)));
  else if (!isNothing(done, others, after.found))
    for (const line of purgedLines(done, others, after, purged)) print(line);
  return purged.stuck.length > 0 ? 1 : 0;
}

/** Asks in a terminal. Throws bad_usage without one. */
async function isConfirmed({ ask }: Context): Promise<boolean> {
  if (ask !== undefined) return (await ask("Remove all of this? Type yes to remove it: ")).trim() === "yes";
  const hint = "nothing was removed; add --yes to remove it, or --dry-run to list it";
  throw new PawprintError(
    "bad_usage",
    "uninstall --purge asks before it removes anything, which needs a terminal",
    hint,
  );
}

/** What was taken out of the files of other programs. */
interface TakenOut {
  /** Paths of files of other assistants that had our hook. */
  readonly hooks: readonly string[];
  readonly services: readonly RemovedService[];
}

const takeOutOthers = async (context: Context, dryRun: boolean): Promise<TakenOut> => ({
  services: await uninstallServices(serviceSystem(context), dryRun),
  hooks: await takeOutHooks(context, dryRun),
});

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

function summaryLines(done: Uninstalled, { hooks, services }: TakenOut, dryRun: boolean, bin: string): string[] {
  const lines: string[] = [];
  for (const { settingsPath, outcome, backup, diff } of done.directories) {
    if (dryRun && diff !== "") lines.push(...printable(diff));
    else lines.push(`${OUTCOMES[outcome]} ${settingsPath}`);
    if (backup) lines.push(`  backup of the previous file: ${backup}`);
  }
  const removed = dryRun ? "would remove" : "removed";
  if (done.files.length > 0) lines.push(`${removed} ${fileCount(done.files)} from ${bin}`);
  for (const path of done.shellFiles.removed) lines.push(`${removed} ${path}`);
  for (const path of done.shellFiles.kept) lines.push(`kept ${path}: it was changed after Pawprint wrote it`);
  if (done.neededBy.length > 0)
    lines.push(`kept ${bin}: ${done.neededBy.join(", ")} still ${done.neededBy.length === 1 ? "uses" : "use"} it`);
  for (const path of hooks) lines.push(`${removed} Pawprint's hook from ${path}`);
  for (const one of services) lines.push(...removedLines(one, dryRun));
  return lines;
}

const filesText = (count: number): string => (count === 1 ? "1 file" : `${count} files`);

const sizeText = ({ what, paths, bytes }: FoundFiles): string =>
  `${what}: ${filesText(paths.length)}, ${bytesText(bytes)}`;

/** What will be removed and what stays. */
function planLines(
  { places: { home, pets } }: Context,
  foreseen: Uninstalled,
  others: TakenOut,
  { found, foreign }: Inventory,
  dryRun: boolean,
): string[] {
  const edits = foreseen.directories.filter(({ diff }) => diff !== "");
  const kept = foreign.map(({ path, why }) => `kept: ${path}, which ${why}`);
  if (isNothing(foreseen, others, found))
    return [`there is nothing of Pawprint in ${pets}, nor where its settings say`, ...kept];
  return [
    `${dryRun ? "this would be removed" : "this will be removed"}:`,
    ...edits.map(({ settingsPath }) => `  the statusLine in ${shownPath(settingsPath, home)}`),
    ...others.hooks.map((path) => `  the hook in ${shownPath(path, home)}`),
    ...others.services.map(({ name, removed }) => {
      const paths = removed.map((path) => shownPath(path, home));
      return `  the service ${name}: ${paths.join(", ")}`;
    }),
    ...foreseen.shellFiles.removed.map((path) => `  ${shownPath(path, home)}, written by setup completion`),
    ...found.flatMap((one) => [`  ${sizeText(one)}`, ...placesText(one.paths, home).map((path) => `    ${path}`)]),
    ...kept,
  ];
}

const isNothing = (foreseen: Uninstalled, { hooks, services }: TakenOut, found: readonly FoundFiles[]): boolean =>
  [found, hooks, services, foreseen.shellFiles.removed].every(({ length }) => length === 0) &&
  foreseen.directories.every(({ diff }) => diff === "");

/** Most files of one directory that are listed by name. */
const MAX_NAMED = 2;

/** Paths of files; where a directory has many of them, only the directory with their number. */
function placesText(paths: readonly string[], home: string): string[] {
  const shown = paths.map((path) => shownPath(path, home));
  const byDirectory = Map.groupBy(shown, (path) => path.slice(0, path.lastIndexOf("/")));
  return [...byDirectory].flatMap(([directory, files]) =>
    files.length <= MAX_NAMED ? files : [`${directory}/ (${filesText(files.length)})`],
  );
}

function purgedLines(done: Uninstalled, others: TakenOut, { found }: Inventory, purged: Purged): string[] {
  const count = found.reduce((sum, { paths }) => sum + paths.length, 0) - purged.stuck.length;
  const bytes = found.reduce((sum, one) => sum + one.bytes, 0);
  const changed = { ...done, directories: done.directories.map((one) => ({ ...one, backup: null })) };
  return [
    ...summaryLines(changed, others, false, ""),
    `removed ${filesText(count)}${purged.stuck.length > 0 ? "" : `, ${bytesText(bytes)},`} and ${purged.directories.length} ${purged.directories.length === 1 ? "directory" : "directories"}`,
    ...purged.left.map(({ path, why }) => `kept: ${path}, which ${why}`),
  ];
}

const foundJson = ({ what, paths, bytes, remove }: FoundFiles) => ({ what, files: paths, bytes, remove });

const purgeJson = (
  done: Uninstalled,
  others: TakenOut,
  { found, foreign }: Inventory,
  purged: Purged | null,
  dryRun: boolean,
) => ({
  ...jsonOf(done, others, dryRun),
  removed: found.map(({ what, paths, bytes }) => ({ what, files: paths, bytes })),
  removed_directories: purged?.directories ?? [],
  kept: purged?.left ?? foreign,
});

const jsonOf = (done: Uninstalled, { hooks, services }: TakenOut, dryRun: boolean) => ({
  dry_run: dryRun,
  ...directoryJson(done.directories[0]),
  directories: done.directories.map(directoryJson),
  files: done.files,
  shell_files: done.shellFiles.removed,
  shell_files_kept: done.shellFiles.kept,
  hooks,
  services,
  needed_by: done.neededBy,
});

const directoryJson = (done: UninstalledFrom | undefined) =>
  done && {
    settings: done.settingsPath,
    outcome: done.outcome,
    settings_changed: done.diff !== "",
    backup: done.backup,
    diff: done.diff,
  };
