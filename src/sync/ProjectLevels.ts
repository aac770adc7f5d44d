import { folderOf, normalDirectory, withParents } from "../model/project.ts";
import type { Level } from "../model/wire.ts";
import { lower, readProjectFile, type SentLevel, sentLevelOf } from "./project-file.ts";

/** What the user's settings say. */
export interface LevelSettings {
  /** PET_SYNC_LEVEL. */
  readonly level: Level;
  /** PET_SYNC_PROJECTS: directories with a word. */
  readonly projects: readonly (readonly [directory: string, word: string])[];
  readonly home: string;
  /** The most that the other side wants. */
  readonly most: Level;
}

/** What the ledger knows of directories and sessions. */
export interface KnownPlaces {
  /** Where a session began; "" if that is not known. */
  startOf(source: string, session: string): string;
  /** The repository of a directory that is a worktree; null if it is none. */
  repositoryOf(directory: string): string | null;
  /** All directories that this machine's rows name. */
  directories(): Iterable<string>;
}

const ABSOLUTE = /^(?:\/|[A-Z]:\\)/;

/**
 * How much of each project leaves: what the settings say, lowered by the files in the project's directory and above it. The
 * lowest word that a file ever had is kept: a project's file only lowers what leaves, and deleting it or its directory raises
 * nothing. Only an entry of the settings for that directory does.
 */
export class ProjectLevels {
  readonly #settings: LevelSettings;
  readonly #places: KnownPlaces;
  readonly #read: (directory: string) => SentLevel | null | "unknown";
  readonly #named = new Map<string, SentLevel>();
  /** Directories whose file lowers the level, with its word. */
  readonly #lowered: Map<string, SentLevel>;
  /** Directories whose file was read, and the levels that follow. */
  readonly #checked = new Set<string>();
  readonly #levels = new Map<string, SentLevel>();
  /** Where sessions began. */
  readonly #starts = new Map<string, string>();
  /** Entries of PET_SYNC_PROJECTS that cannot be read. */
  readonly wrong: string[] = [];

  /** `lowered` is what was kept: see `lowered`. */
  constructor(
    settings: LevelSettings,
    places: KnownPlaces,
    lowered: Iterable<readonly [string, SentLevel]> = [],
    read: (directory: string) => SentLevel | null | "unknown" = readProjectFile,
  ) {
    this.#settings = settings;
    this.#places = places;
    this.#read = read;
    this.#lowered = new Map(lowered);
    for (const [directory, word] of settings.projects) {
      const sharing = sentLevelOf(word);
      const path = normalDirectory(directory.replace(/^~(?=\/|$)/, () => settings.home));
      if (sharing === null || !ABSOLUTE.test(path)) this.wrong.push(`${directory}=${word}`);
      // What cannot be read never raises anything.
      if (ABSOLUTE.test(path)) this.#named.set(path, sharing ?? "off");
    }
  }

  /** The directories whose file lowers the level, to be kept. */
  get lowered(): [string, SentLevel][] {
    return sorted(this.#lowered);
  }

  /** A text that changes whenever rows that were sent before would leave in another form. */
  get policy(): string {
    const { level, most } = this.#settings;
    return JSON.stringify([lower(level, most), sorted(this.#named), this.lowered]);
  }

  /** The most that leaves of any project: files only lower it. */
  get most(): Level {
    const { level, most } = this.#settings;
    return most === "details" && [level, ...this.#named.values()].includes("details") ? "details" : "metrics";
  }

  /** Directories of which less leaves than of others. */
  get reduced(): string[] {
    const { most } = this;
    const below = [...this.#named, ...this.#lowered].filter(([, word]) => lower(word, most) !== most);
    return [...new Set(below.map(([directory]) => directory))].toSorted();
  }

  /** Whether there are projects of another level than the others. */
  get isMixed(): boolean {
    return this.#named.size + this.#lowered.size > 0;
  }

  /** Reads the files again, of all directories that the ledger knows. */
  refresh(): void {
    this.#checked.clear();
    this.#levels.clear();
    this.#starts.clear();
    for (const directory of this.#lowered.keys()) this.#check(directory);
    for (const directory of this.#places.directories()) this.of(directory);
  }

  /** How much leaves of work that a session did in a directory; each is "" if it is not known. */
  ofWork(source: string, session: string, directory: string): SentLevel {
    const own = this.of(directory);
    if (session === "" || own === "off") return own;
    const key = `${source}\n${session}`;
    let start = this.#starts.get(key);
    if (start === undefined) {
      if (this.#starts.size > MAX_SESSIONS) this.#starts.clear();
      this.#starts.set(key, (start = this.#places.startOf(source, session)));
    }
    if (start === "") return own;
    // Without a directory of its own it was done where the session began.
    return directory === "" ? this.of(start) : lower(own, this.of(start));
  }

  /** How much leaves of a directory. */
  of(directory: string): SentLevel {
    let found = this.#levels.get(directory);
    if (found === undefined) this.#levels.set(directory, (found = this.#find(normalDirectory(directory))));
    return found;
  }

  #find(path: string): SentLevel {
    const { level, most } = this.#settings;
    if (!ABSOLUTE.test(path)) return lower(most, path === "" ? level : this.#ofFolder(path));
    const above = withParents(path);
    const repository = above.map((one) => this.#places.repositoryOf(one)).find((one) => one !== null);
    const all = repository ? [...above, ...withParents(normalDirectory(repository))] : above;
    const named = all.map((one) => this.#named.get(one)).find((one) => one !== undefined);
    for (const one of all) this.#check(one);
    return all.reduce<SentLevel>(
      (least, one) => lower(least, this.#lowered.get(one) ?? least),
      lower(most, named ?? level),
    );
  }

  /** Only the name of a folder of transcripts is known, in which all separators are dashes: the least of what it may be counts. */
  #ofFolder(name: string): SentLevel {
    const known = [...this.#named, ...this.#lowered].filter(([directory]) => {
      const folder = folderOf(directory);
      return [folder, folder.slice(1)].some((one) => name === one || name.startsWith(`${one}-`));
    });
    return known.reduce((least, [, one]) => lower(least, one), this.#settings.level as SentLevel);
  }

  #check(directory: string): void {
    if (this.#checked.size < this.#checked.add(directory).size) {
      const read = this.#read(directory);
      const word = read === "unknown" ? null : (read ?? "details");
      const kept = this.#lowered.get(directory);
      // A file that is gone or says more raises nothing, unless the user's own settings name the directory.
      const isRaised = word !== null && this.#named.has(directory);
      const now = word === null ? kept : kept === undefined || isRaised ? word : lower(kept, word);
      if (now === undefined || now === "details") this.#lowered.delete(directory);
      else this.#lowered.set(directory, now);
    }
  }
}

const MAX_SESSIONS = 10_000;

const sorted = (levels: ReadonlyMap<string, SentLevel>): [string, SentLevel][] =>
  [...levels].toSorted(([a], [b]) => (a < b ? -1 : 1));
