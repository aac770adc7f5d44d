import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileCount, printable } from "../install/diff.ts";
import { install as engine, type Installed } from "../install/install.ts";
import { parseDotEnv, type Settings } from "../utils/config.ts";
import { PawprintError } from "../utils/errors.ts";
import { loadSettings, placesOf } from "../utils/paths.ts";
import { readSmall } from "../utils/small-files.ts";
import { duration, jsonText } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";

/** Installs the line in Claude Code. */
export const install: Command = {
  name: "install",
  purpose: "setup",
  description:
    "show the line in Claude Code: copies the program to ~/.claude/pets/bin and sets statusLine in settings.json",
  options: [
    { name: "log", description: "also turn on the usage and status log; prints what it records" },
    { name: "chain", description: "show the output of the previous statusLine below Pawprint's" },
    { name: "standalone", description: "install a single executable that does not need Bun" },
    {
      name: "home",
      value: "directory",
      description: "keep program, settings, ledger and log in this directory; it is saved as PET_HOME",
    },
    { name: "dry-run", description: "show what would change, without changing anything" },
    { name: "json", description: "print the result as JSON" },
  ],
  examples: [
    { args: "install", description: "show the line in Claude Code" },
    { args: "install --dry-run", description: "show what would change" },
    { args: "install --log", description: "also keep the usage and status log" },
    { args: "install --chain", description: "keep your present status line and show it below" },
  ],
  related: ["uninstall", "doctor", "setup"],
  async run(given) {
    const { options } = given;
    const dryRun = options["dry-run"] === true;
    const home = typeof options["home"] === "string" ? options["home"] : null;
    const context = home === null ? given : await atHome(given, home);
    const homeNotes = home === null ? [] : await notesOnHome(given, context.places.pets);
    const done = await engine(context, {
      standalone: options["standalone"] === true,
      chain: options["chain"] === true,
      log: options["log"] === true,
      home: home !== null,
      dryRun,
    });
    const all = { ...done, notes: [...done.notes, ...homeNotes] };
    if (options["json"] === true) context.print(jsonText(asJson(all, dryRun)));
    else for (const line of summaryLines(all, dryRun, context)) context.print(line);
    return 0;
  },
};

/** Returns the context with another Pawprint directory and the settings stored in it. Throws bad_usage. */
async function atHome(context: Context, directory: string): Promise<Context> {
  if (directory.trim() === "")
    throw new PawprintError("bad_usage", "--home needs a directory", "for example: --home ~/pawprint");
  const path = directory === "~" || directory.startsWith("~/") ? context.places.home + directory.slice(1) : directory;
  const env = { ...context.env, PET_HOME: resolve(path) };
  const places = placesOf(env, context.places.root);
  return { ...context, env, places, ...(await loadSettings(env, places)) };
}

/** Notes about files left in the directory used before, and about settings that override the new one. */
async function notesOnHome({ env, places }: Context, pets: string): Promise<string[]> {
  if (places.pets === pets) return [];
  const left = ["ledger.db", "logs", "prices.json"].filter((name) => existsSync(`${places.pets}/${name}`));
  const stays = `${left.join(", ")} in ${places.pets} ${left.length === 1 ? "stays" : "stay"} there`;
  const { PET_HOME: _, ...others } = parseDotEnv((await readSmall(`${places.pets}/.env`)) ?? "");
  const set = Object.keys(others);
  const wins = env["PET_HOME"]?.trim();
  return [
    ...(left.length > 0
      ? [
          `${stays}; to keep using ${left.length === 1 ? "it" : "them"}, move ${left.length === 1 ? "it" : "them"} to ${pets} while no session is open`,
        ]
      : []),
    ...(set.length > 0
      ? [
          `${set.join(", ")} in ${places.pets}/.env: copy ${set.length === 1 ? "it" : "them"} to ${pets}/.env, which is read from now on`,
        ]
      : []),
    ...(wins ? [`the environment sets PET_HOME=${wins}: where it is set, that directory is used instead`] : []),
  ];
}

function asJson(done: Installed, dryRun: boolean): Record<string, unknown> {
  const directories = done.directories.map((one) => ({
    settings: one.settingsPath,
    settings_changed: one.settingsChanged,
    command: one.command,
    chain: one.chain,
    backup: one.backup,
    previous: one.previous,
    diff: one.diff,
    by_hand: one.byHand,
    obstacles: one.obstacles,
    shown: one.isShown,
  }));
  const isChanged = done.directories.some(({ settingsChanged }) => settingsChanged);
  const settings = [done.logging, ...done.home].some((one) => one?.changed === true);
  return {
    dry_run: dryRun,
    changed: isChanged || done.files.length > 0 || settings,
    ...directories[0],
    directories,
    standalone: done.standalone,
    files: done.files,
    home: done.home[0] ? { settings: done.home[0].path, changed: done.home.some(({ changed }) => changed) } : null,
    logging: done.logging && {
      settings: done.logging.path,
      directory: done.logging.directory,
      changed: done.logging.changed,
    },
    notes: done.notes,
  };
}

function summaryLines(done: Installed, dryRun: boolean, { places, settings }: Context): string[] {
  const bin = `${places.pets}/bin`;
  const lines: string[] = [];
  const isChanged = done.directories.some(({ settingsChanged }) => settingsChanged);
  if (done.files.length > 0) lines.push(`${dryRun ? "would write" : "wrote"} ${fileCount(done.files)} to ${bin}`);
  for (const { settingsPath, settingsChanged, backup, diff, byHand } of done.directories) {
    lines.push(...byHand.flatMap((line) => printable(line)));
    if (dryRun) lines.push(...(diff === "" ? [`${settingsPath} would not change`] : printable(diff)));
    else if (settingsChanged) lines.push(`set the statusLine in ${settingsPath}`);
    if (backup) lines.push(`  backup of the previous file: ${backup}`);
  }
  if (dryRun) {
    for (const change of [...done.home, done.logging]) if (change?.diff) lines.push(...printable(change.diff));
  } else {
    const isByHand = done.directories.some(({ byHand }) => byHand.length > 0);
    if (done.files.length === 0 && !isChanged && !isByHand) lines.push("already installed; nothing changed");
    for (const { path, changed } of done.home) if (changed) lines.push(`wrote PET_HOME=${places.pets} to ${path}`);
    for (const command of new Set(done.directories.map((one) => one.command))) lines.push(`  it runs: ${command}`);
    lines.push(`  check it with: ${bin}/pawprint doctor`);
  }
  for (const { settingsPath, previous, chain, byHand } of done.directories) {
    if (previous === null || byHand.length > 0) continue;
    const where = done.directories.length > 1 ? ` of ${settingsPath}` : "";
    lines.push(
      `the previous statusLine${where} is saved${chain ? " and shown below Pawprint's" : ""}; uninstall restores it`,
    );
  }
  if (done.logging) lines.push(...loggingLines(done.logging.directory, done.logging.path, settings, dryRun));
  const obstacles = new Set(done.directories.flatMap((one) => one.obstacles));
  lines.push(...[...obstacles, ...done.notes].map((note) => `note: ${note}`));
  if (!dryRun && done.directories.some((one) => one.settingsChanged && one.isShown))
    lines.push("running Claude Code sessions show it at their next refresh");
  return lines;
}

/** Lines that say what the log records, where, and how to reduce it. */
function loggingLines(directory: string, path: string, settings: Settings, dryRun: boolean): string[] {
  return [
    `logging ${dryRun ? "would be" : "is"} on (${path}); records go to ${directory}, readable only by you:`,
    `  every ${duration(settings.usageInterval)}: your limits in percent with their reset times, the cost, and the context size`,
    `  every ${duration(settings.statusInterval)}: the account's e-mail address, version, model, and the problems Claude Code reports`,
    "  each with the session id and the path of its working directory; nothing is sent anywhere",
    "  to record less, set PET_LOG_EMAIL=hash or off, and PET_LOG_CWD=basename or off, in the same file",
  ];
}
