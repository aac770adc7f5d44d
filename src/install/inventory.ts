import { lstatSync } from "node:fs";
import { basename, dirname } from "node:path";
import { recordKinds } from "../model/record.ts";
import { logFiles } from "../monitoring/LogFiles.ts";
import type { Settings } from "../utils/config.ts";
import { errnoOf } from "../utils/errors.ts";
import { namesIn } from "../utils/files.ts";
import { expand, ledgerPath, logDirectory, type Places } from "../utils/paths.ts";
import { binOf, EXECUTABLE, quote } from "./command.ts";
import { type InstallRecord, installRecordPath } from "./installation.ts";
import { keptOutputDirectory } from "./previous/kept-output.ts";

/** A folder, and the names that Pawprint gives to its files there. */
interface WrittenFolder {
  readonly directory: string;
  readonly names: RegExp;
  /** Whether the folder belongs to Pawprint alone; a link in its place is not followed. */
  readonly isOurs: boolean;
}

/** A kind of file that Pawprint writes, and the command that removes all of that kind. */
export interface FileKind {
  readonly what: string;
  readonly remove: string;
  readonly folders: readonly WrittenFolder[];
}

/** The files of one kind that exist. */
export interface FoundFiles extends Pick<FileKind, "what" | "remove"> {
  readonly paths: readonly string[];
  readonly bytes: number;
}

/** A path in the place of one of Pawprint's files that is not one of them, and why. */
export interface Foreign {
  readonly path: string;
  readonly why: string;
}

/** One Pawprint directory with its settings. */
export interface PawprintHome {
  readonly places: Places;
  readonly settings: Settings;
}

/** What else was written outside of the Pawprint directory. */
export interface Outside {
  /** Paths of the settings files that were edited: settings.json, and hooks files of other assistants. */
  readonly edited: readonly string[];
  readonly installed: InstallRecord | null;
}

/** Ends of the names of copies that `restore` and `rebuild` keep. */
const KEPT = String.raw`(?:\.before-restore-[\dTZ]+|\.[\dT-]+\.old)?(?:-\d+)?`;
const SQLITE = "(?:-wal|-shm|-journal)?";
/** The end of the names made by temporaryFor. */
const TEMPORARY = /\.pawprint-\d{1,10}\.[0-9a-f]{8}\.tmp$/;

const only = (...patterns: readonly string[]): RegExp => new RegExp(`^(?:${patterns.join("|")})$`);
const escaped = (path: string): string => RegExp.escape(basename(path));

/** Every kind of file that Pawprint writes for one of its directories: history first, the settings that lead to it last. */
export async function fileKinds(home: PawprintHome, { edited, installed }: Outside): Promise<FileKind[]> {
  const { places, settings } = home;
  const { pets } = places;
  const folder = (directory: string, ...patterns: string[]): WrittenFolder => ({
    directory,
    names: only(...patterns),
    isOurs: directory !== pets && directory.startsWith(`${pets}/`),
  });
  const ledger = ledgerPath(settings, places);
  // An installed program and one that runs from elsewhere may have different default log directories.
  const logs = await Promise.all([places.root, pets].map((root) => logDirectory(settings, { ...places, root })));
  const programs = installed ? [...installed.files, ...installed.older_files].map((name) => RegExp.escape(name)) : [];
  const backups = edited.map((path) => ({
    ...folder(dirname(path), String.raw`${escaped(path)}\.pawprint-(?:[\dTZ-]+\.bak|\d{1,10}\.[0-9a-f]{8}\.tmp)`),
    isOurs: false,
  }));
  return [
    ...[...new Set(logs)].map((directory) => logKind(directory, home)),
    {
      what: "ledger",
      remove: `rm ${quote(ledger)}*`,
      folders: [
        folder(
          dirname(ledger),
          `${escaped(ledger)}${KEPT}${SQLITE}`,
          String.raw`${escaped(ledger)}(?:\.rebuild-lock|\.copy\.tmp|\.new${SQLITE})`,
        ),
      ],
    },
    {
      what: "imported prices",
      remove: `rm ${quote(pets)}/imported-prices.json*`,
      folders: [folder(pets, `imported-prices\\.json${KEPT}`)],
    },
    {
      what: "hook data",
      remove: `rm -r ${quote(`${pets}/hooks`)}`,
      folders: [folder(`${pets}/hooks`, String.raw`[a-z][\w-]*\.jsonl${KEPT}`, String.raw`[a-z][\w-]*\.undo\.json`)],
    },
    {
      what: "output of the previous line",
      remove: `rm -r ${quote(keptOutputDirectory(places))}`,
      folders: [folder(keptOutputDirectory(places), String.raw`[\w-]+\.json(?:\.running)?`)],
    },
    {
      what: "backups of settings",
      remove: edited.map((path) => `rm ${quote(path)}.pawprint-*`).join("; "),
      folders: backups,
    },
    {
      what: "program",
      remove: `rm -r ${quote(binOf(places))}`,
      folders: [
        folder(`${binOf(places)}/staging`, RegExp.escape(EXECUTABLE)),
        folder(binOf(places), ...programs),
        folder(`${pets}/.run`, "slow-worker"),
      ],
    },
    {
      what: "record of the installation",
      remove: `rm -f ${quote(installRecordPath(places))} ${quote(`${pets}/install.lock`)}`,
      folders: [folder(pets, String.raw`install\.(?:json|lock)`)],
    },
    {
      what: "settings",
      remove: `rm ${quote(`${pets}/.env`)}*`,
      folders: [folder(pets, String.raw`\.env${KEPT}`)],
    },
  ];
}

function logKind(directory: string, { places, settings }: PawprintHome): FileKind {
  const { run, earlier } = logFiles(directory, places.scope);
  const database = settings.dbPath ? expand(settings.dbPath, places) : `${directory}/usage.db`;
  const kinds = recordKinds.join("|");
  return {
    what: "usage log",
    remove: `rm -r ${quote(run)} ${quote(directory)}/{${recordKinds.join(",")}}.jsonl* ${quote(database)}* ${quote(directory)}/pawprint.log`,
    folders: [
      {
        directory,
        names: only(String.raw`(?:${kinds})\.jsonl(?:\.(?:torn-)?\d{6,})?${KEPT}`, String.raw`pawprint\.log`),
        isOurs: false,
      },
      { directory: dirname(database), names: only(`${escaped(database)}${KEPT}${SQLITE}`), isOurs: false },
      {
        directory: run,
        names: only(
          ...Object.values(earlier).map(escaped),
          String.raw`(?:state|memory)(?:-[\w-]+)?\.json|salt${KEPT}`,
          String.raw`worker\.(?:lock|err)|claim-\d+|pause-\w+-\d+|probe-\d+|(?:waiting|line|heard)-[\w-]+`,
        ),
        isOurs: true,
      },
    ],
  };
}

/** Returns the files of each kind that exist, and what stands in their place without being theirs. Follows no link but that of a directory in a setting. */
export function foundFiles(kinds: readonly FileKind[]): { readonly found: FoundFiles[]; readonly foreign: Foreign[] } {
  const foreign: Foreign[] = [];
  const found = kinds.map(({ what, remove, folders }) => {
    const files = folders.flatMap((folder) => filesIn(folder, foreign));
    return {
      what,
      remove,
      paths: files.map(({ path }) => path),
      bytes: files.reduce((sum, { size }) => sum + size, 0),
    };
  });
  return { found: found.filter(({ paths }) => paths.length > 0), foreign };
}

function filesIn({ directory, names, isOurs }: WrittenFolder, foreign: Foreign[]): { path: string; size: number }[] {
  const at = lstatSync(directory, { throwIfNoEntry: false });
  if (at === undefined) return [];
  if (isOurs && !isOwnDirectory(directory)) {
    foreign.push({ path: directory, why: at.isDirectory() ? `belongs to user ${at.uid}` : "is not a directory" });
    return [];
  }
  return namesInReadable(directory, foreign).flatMap((name) => {
    if (![name, name.replace(TEMPORARY, "")].some((one) => names.test(one))) return [];
    const path = `${directory}/${name}`;
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return [];
    const isOwn = stat.uid === (process.getuid?.() ?? stat.uid);
    if (stat.isFile() && isOwn) return [{ path, size: stat.size }];
    foreign.push({ path, why: isOwn ? "is not a regular file" : `belongs to user ${stat.uid}` });
    return [];
  });
}

/** Whether a path is a directory of this user, and not a link to one. */
export function isOwnDirectory(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === (process.getuid?.() ?? stat.uid);
}

function namesInReadable(directory: string, foreign: Foreign[]): string[] {
  try {
    return namesIn(directory);
  } catch (error) {
    foreign.push({ path: directory, why: `cannot be read (${errnoOf(error) ?? "error"})` });
    return [];
  }
}
