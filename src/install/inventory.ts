import { lstatSync } from "node:fs";
import { basename, dirname } from "node:path";
import { recordKinds } from "../model/record.ts";
import { logFiles } from "../monitoring/LogFiles.ts";
import { isLogDatabase } from "../monitoring/SqliteWriter.ts";
import type { Settings } from "../utils/config.ts";
import { errnoOf } from "../utils/errors.ts";
import { namesIn } from "../utils/files.ts";
import { expand, hubPath, ledgerPath, logDirectory, loginFile, type Places } from "../utils/paths.ts";
import { binOf, EXECUTABLE, quote } from "./command.ts";
import { foreignNameIn } from "./home.ts";
import type { InstallRecord } from "./installation.ts";
import { keptOutputDirectory } from "./previous/kept-output.ts";
import { TEMPORARY } from "./settings.ts";

/** A folder, and the names that Pawprint gives to its files there. */
interface WrittenFolder {
  readonly directory: string;
  readonly names: RegExp;
  /** Whether the folder belongs to Pawprint alone; a link in its place is not followed. */
  readonly isOurs: boolean;
}

/** A kind of file that Pawprint writes. */
export interface FileKind {
  readonly what: string;
  readonly folders: readonly WrittenFolder[];
  /** A path that a setting names, but that has another program's content. */
  readonly foreign?: Foreign | null;
}

/** The files of one kind that exist. */
export interface FoundFiles extends Pick<FileKind, "what"> {
  readonly paths: readonly string[];
  readonly bytes: number;
  /** The command for a shell that removes these files and no others. */
  readonly remove: string;
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
  /** Returns why a file that a setting names is no ledger, as the end of a sentence; null if it is one or is missing. */
  ledgerProblem(path: string): string | null;
}

/** Ends of the names of copies that `restore` and `rebuild` keep. */
const COPY = String.raw`(?:\.before-restore-[\dTZ]+|\.[\dT-]+\.old)(?:-\d+)?`;
const KEPT = `(?:${COPY})?`;
const SQLITE = "(?:-wal|-shm|-journal)?";
const only = (...patterns: readonly string[]): RegExp => new RegExp(`^(?:${patterns.join("|")})$`);
const escaped = (path: string): string => RegExp.escape(basename(path));

/** Every kind of file that Pawprint writes for one of its directories: history first, the settings that lead to it last. */
export async function fileKinds(
  home: PawprintHome,
  { edited, installed, ledgerProblem }: Outside,
): Promise<FileKind[]> {
  const { places, settings } = home;
  const { pets } = places;
  const folder = (directory: string, ...patterns: string[]): WrittenFolder => ({
    directory,
    names: only(...patterns),
    isOurs: directory !== pets && directory.startsWith(`${pets}/`),
  });
  const stranger = foreignNameIn(pets);
  const [ledger, hub] = [ledgerPath(settings, places), hubPath(settings, places)];
  const isSafe = (path: string | null): boolean => path === null && stranger === null;
  const why = isSafe(settings.ledgerPath) ? null : ledgerProblem(ledger);
  const whyNoHub = isSafe(settings.hubStore) ? null : ledgerProblem(hub);
  // An installed program and one that runs from elsewhere may have different default log directories.
  const logs = await Promise.all([places.root, pets].map((root) => logDirectory(settings, { ...places, root })));
  const programs = installed ? [...installed.files, ...installed.older_files].map((name) => RegExp.escape(name)) : [];
  const backups = edited.map((path) => ({
    ...folder(dirname(path), String.raw`${escaped(path)}\.pawprint-(?:[\dTZ-]+\.bak|\d{1,10}\.[0-9a-f]{8}\.tmp)`),
    isOurs: false,
  }));
  const history: FileKind[] = [
    ...[...new Set(logs)].map((directory) => logKind(directory, home)),
    {
      what: "ledger",
      foreign: why === null ? null : { path: ledger, why },
      folders: [
        folder(
          dirname(ledger),
          ...databaseNames(ledger, why !== null),
          String.raw`${escaped(ledger)}(?:\.(?:rebuild|sync)-lock|\.copy\.tmp|\.new${SQLITE})`,
        ),
      ],
    },
    {
      what: "hub",
      foreign: whyNoHub === null ? null : { path: hub, why: whyNoHub },
      folders: [
        folder(dirname(hub), ...databaseNames(hub, whyNoHub !== null), String.raw`${escaped(hub)}\.serve-lock`),
      ],
    },
  ];
  if (stranger !== null) {
    const mixed = `contains ${stranger}, which does not belong to Pawprint: only a log and a ledger are looked for in it`;
    return [...history, { what: "other files", folders: [], foreign: { path: pets, why: mixed } }];
  }
  return [
    ...history,
    {
      what: "prices",
      folders: [folder(pets, `imported-prices\\.json${KEPT}`, `prices\\.json${COPY}`)],
    },
    {
      what: "hook data",
      folders: [folder(`${pets}/hooks`, String.raw`[a-z][\w-]*\.jsonl${KEPT}`, String.raw`[a-z][\w-]*\.undo\.json`)],
    },
    {
      what: "output of the previous line",
      folders: [folder(keptOutputDirectory(places), String.raw`[\w-]+\.json(?:\.running)?`)],
    },
    {
      what: "output of services",
      folders: [folder(pets, String.raw`service-(?:sync|serve)\.(?:log|pid)`)],
    },
    {
      what: "backups of settings",
      folders: backups,
    },
    {
      what: "program",
      folders: [
        folder(`${binOf(places)}/staging`, RegExp.escape(EXECUTABLE)),
        folder(binOf(places), ...programs),
        folder(`${pets}/.run`, "slow-worker"),
      ],
    },
    { what: "login at a hub", folders: [folder(pets, escaped(loginFile(places)), String.raw`sync\.json`)] },
    { what: "settings", folders: [folder(pets, String.raw`\.env${KEPT}`)] },
    {
      what: "record of the installation",
      folders: [
        folder(pets, String.raw`(?:install|shell-files|services|service-files)\.json`, String.raw`install\.lock`),
      ],
    },
  ];
}

function logKind(directory: string, { places, settings }: PawprintHome): FileKind {
  const { run, earlier } = logFiles(directory, places.scope);
  const database = settings.dbPath ? expand(settings.dbPath, places) : `${directory}/usage.db`;
  const kinds = recordKinds.join("|");
  const isForeign = settings.dbPath !== null && !isLogDatabase(database);
  return {
    what: "usage log",
    foreign: isForeign ? { path: database, why: "is not a database of Pawprint's log" } : null,
    folders: [
      {
        directory,
        names: only(String.raw`(?:${kinds})\.jsonl(?:\.(?:torn-)?\d{6,})?${KEPT}`, String.raw`pawprint\.log`),
        isOurs: false,
      },
      { directory: dirname(database), names: only(...databaseNames(database, isForeign)), isOurs: false },
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

/** Patterns of the names of a database and its copies; only of the copies if the database belongs to another program. */
const databaseNames = (path: string, isForeign: boolean): string[] => [
  `${escaped(path)}${isForeign ? COPY : KEPT}${SQLITE}`,
];

/** Returns the files of each kind that exist, and what stands in their place without being theirs. Follows no link but that of a directory in a setting. */
export function foundFiles(kinds: readonly FileKind[]): { readonly found: FoundFiles[]; readonly foreign: Foreign[] } {
  const foreign: Foreign[] = [];
  // A file that the settings of two directories lead to is listed once.
  const known = new Set<string>();
  const isNew = ({ path }: { path: string }): boolean => known.size < known.add(path).size;
  const found = kinds.map(({ what, folders, foreign: other }) => {
    if (other) foreign.push(other);
    const inFolders = folders.map((folder) => ({ folder, files: filesIn(folder, foreign).filter(isNew) }));
    const files = inFolders.flatMap((one) => one.files);
    const words = inFolders.flatMap((one) =>
      wordsToRemove(
        one.folder,
        one.files.map(({ path }) => path),
      ),
    );
    return {
      what,
      paths: files.map(({ path }) => path),
      bytes: files.reduce((sum, { size }) => sum + size, 0),
      remove: `rm -r ${words.map(quote).join(" ")}`,
    };
  });
  return { found: found.filter(({ paths }) => paths.length > 0), foreign };
}

/** The files of a folder as arguments of a command that removes them, or the folder if it is ours and has nothing else. */
const wordsToRemove = ({ directory, isOurs }: WrittenFolder, paths: readonly string[]): readonly string[] =>
  isOurs && paths.length > 0 && paths.length === namesIn(directory).length ? [directory] : paths;

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
