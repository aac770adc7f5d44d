/** The project that usage belongs to, and its worktree; "" for the main checkout. */
export interface ProjectPlace {
  /**
   * A directory: the repository if it is known, else the directory in which the session started; "" if neither is
   * known.
   */
  readonly project: string;
  /** Name of the worktree. */
  readonly worktree: string;
}

/** Worktrees below the repository: those of `claude --worktree`, and the usual place for a user's own. */
const WORKTREE_BELOW = /^(.+?)[\\/](?:\.(?:claude|gemini|qwen)[\\/]worktrees|\.worktrees)[\\/]([^\\/]+)/s;
/**
 * Worktrees that an assistant creates in its own directory. Their paths contain the repository's name, but not its
 * location.
 */
const WORKTREE_ELSEWHERE = [
  { form: /^.+[\\/]\.codex[\\/]worktrees[\\/](?<worktree>[^\\/]+)[\\/](?<name>[^\\/]+)/s },
  { form: /^.+[\\/]\.cursor[\\/]worktrees[\\/](?<name>[^\\/]+)[\\/](?<worktree>[^\\/]+)/s },
] as const;

/** What is known about a worktree, which may be anywhere. */
export interface KnownWorktree {
  /** The directory that it was created from. */
  readonly repository: string;
  readonly name: string;
}

/** A directory in a uniform notation: the drive letter in upper case with backslashes, and no slash at the end. */
export function normalDirectory(directory: string): string {
  const [, drive = "", rest = ""] = /^([A-Za-z]):([\\/].*)$/s.exec(directory) ?? [];
  if (drive === "") return directory.length > 1 ? directory.replace(/\/+$/, "") || "/" : directory;
  return `${drive.toUpperCase()}:${rest.replaceAll("/", "\\").replace(/\\+$/, "") || "\\"}`;
}

/** A directory on Windows or on a Windows file server, in the notation of `normalDirectory`. */
const WINDOWS_PATH = /^(?:[A-Z]:\\|\\\\)/;

/** The last part of a directory. */
export const lastPart = (directory: string): string => /([^\\/]*)[\\/]*$/.exec(directory)?.[1] ?? "";

/** A directory and those above it, the innermost first. */
export function withParents(path: string): string[] {
  const found: string[] = [];
  for (let at = path; at !== ""; at = at.replace(/[\\/]*[^\\/]*$/, "")) found.push(at);
  return found;
}

const isName = (project: string): boolean => !/[\\/]/.test(project);

/**
 * Whether a project is meant: by its directory or one above it, or by its name alone. Of a project that is only known by name,
 * a directory of that name means it.
 */
export const isMeant = (project: string, meant: string): boolean =>
  withParents(project).includes(meant) ||
  (isName(project) && project === lastPart(meant)) ||
  (isName(meant) && lastPart(project) === meant);

/** The home directory of a user, whose name is that of a person. */
const HOME = /^(?:\/(?:home|Users)\/[^/]+|\/root|[A-Z]:\\Users\\[^\\]+)$/s;

/**
 * The name of a project without its location: of the repository, where the path shows that it is a worktree; "~" for a home
 * directory. Of the name of a folder of transcripts, which contains a whole path, only the last word.
 */
export function baseNameOf(directory: string): string {
  const path = normalDirectory(directory);
  if (HOME.test(path)) return "~";
  const [, repository] = WORKTREE_BELOW.exec(path) ?? [];
  if (repository !== undefined) return baseNameOf(repository);
  for (const { form } of WORKTREE_ELSEWHERE) {
    const name = form.exec(path)?.groups?.["name"];
    if (name !== undefined) return name;
  }
  return /[\\/]/.test(path) ? lastPart(path) : path.slice(path.lastIndexOf("-") + 1);
}

/** The name that Claude Code gives to the folder for a directory's transcripts, and ccusage to a project. */
export const folderOf = (directory: string): string => directory.replace(/[^a-zA-Z0-9]/g, "-");

/** The projects that a text names, as directories in which work was done. */
export interface NamedProjects {
  /** Directories whose work all belongs to these projects. */
  readonly whole: readonly string[];
  /** Directories in which only the work of sessions that began in one of `starts` belongs to them. */
  readonly partly: readonly string[];
  readonly starts: readonly string[];
}

/**
 * Assigns work to projects, given all observed directories and where each session began. Work belongs to the directory
 * in which its session began, even if a shell tool changed directory later; work done in a worktree belongs to that
 * worktree, and a worktree to its repository.
 */
export class Projects {
  readonly #directories: () => Iterable<string>;
  readonly #starts: ReadonlyMap<string, string>;
  readonly #worktrees: ReadonlyMap<string, KnownWorktree>;
  readonly #places = new Map<string, ProjectPlace>();
  /**
   * Main checkouts by the last part of their path, and directories by their transcript folder; null if several have the
   * same one.
   */
  #byName: Map<string, string | null> | null = null;
  #byFolder: Map<string, string | null> | null = null;

  /**
   * `directories` returns all known directories; it is called only to resolve a name to a path. `starts` maps sessions
   * to the directories in which they began; `worktrees` maps directories to worktrees.
   */
  constructor(
    directories: () => Iterable<string>,
    starts: ReadonlyMap<string, string>,
    worktrees: Iterable<readonly [directory: string, KnownWorktree]> = [],
  ) {
    this.#directories = directories;
    this.#starts = starts;
    this.#worktrees = new Map(Array.from(worktrees, ([directory, known]) => [normalDirectory(directory), known]));
  }

  /** The place of work that a session did in a directory. */
  placeOf(directory: string, session: string): ProjectPlace {
    const own = this.of(directory);
    const start = own.worktree === "" ? this.#starts.get(session) : undefined;
    return start === undefined ? own : this.of(start);
  }

  /** The place of a directory, regardless of the session. */
  of(directory: string): ProjectPlace {
    let place = this.#places.get(directory);
    if (!place) this.#places.set(directory, (place = this.#find(directory)));
    return place;
  }

  /**
   * Finds the projects that a text names, given pairs of a directory and the directory in which the session began.
   * Tried in this order: projects by path, end of path or folder of transcripts, and worktrees by name or path; the project of a session that
   * entered such a directory; projects whose name contains the text, ignoring case; projects whose path contains it.
   */
  named(text: string, pairs: readonly (readonly [directory: string, start: string])[]): NamedProjects {
    const wanted = normalDirectory(text);
    // The end of a Windows path may be written with slashes, as reports show it.
    const onWindows = wanted.replaceAll("/", "\\").replace(/(?<=[^\\])\\+$/, "");
    const inNotationOf = (path: string): string => (WINDOWS_PATH.test(path) ? onWindows : wanted);
    const isEqual = (path: string): boolean => path === inNotationOf(path) || endsWithParts(path, inNotationOf(path));
    const baseOf = ([directory, start]: readonly [string, string]): string =>
      this.of(directory).worktree === "" ? start : directory;
    const bases = [...new Set(pairs.map(baseOf))];
    const projectOf = (base: string): string => this.of(base).project;
    const isNamed = (base: string): boolean => {
      const { project, worktree } = this.of(base);
      return (
        isEqual(project) ||
        folderOf(project) === text ||
        (worktree !== "" && (worktree === text || isEqual(normalDirectory(base))))
      );
    };
    const entered = (): string[] => {
      const there = pairs.filter(([directory]) => isEqual(normalDirectory(directory)));
      const projects = new Set(there.map((pair) => projectOf(baseOf(pair))));
      return bases.filter((base) => projects.has(projectOf(base)));
    };
    const containing = (of: (project: string) => string): string[] =>
      bases.filter((base) =>
        of(projectOf(base))
          .toLowerCase()
          .includes(inNotationOf(projectOf(base)).toLowerCase()),
      );
    const matchers = [
      () => bases.filter(isNamed),
      entered,
      () => containing(lastPart),
      () => containing((project) => project),
    ];
    const found = new Set(
      matchers
        .values()
        .map((way) => way())
        .find((some) => some.length > 0),
    );
    const own = [...Map.groupBy(pairs, ([directory]) => directory)].map(([directory, some]) => ({
      directory,
      matches: some.map((pair) => found.has(baseOf(pair))),
    }));
    return {
      whole: own.flatMap(({ directory, matches }) => (matches.every(Boolean) ? [directory] : [])),
      partly: own.flatMap(({ directory, matches }) =>
        matches.some(Boolean) && !matches.every(Boolean) ? [directory] : [],
      ),
      starts: [...found],
    };
  }

  #find(directory: string): ProjectPlace {
    const path = normalDirectory(directory);
    const [, repository, name = ""] = WORKTREE_BELOW.exec(path) ?? [];
    if (repository !== undefined) return { project: this.of(repository).project, worktree: name };
    const known = this.#worktreeOf(path);
    // Two worktrees that name each other as their repository are ignored.
    if (known && this.#worktreeOf(normalDirectory(known.repository)) === null) {
      return { project: this.of(known.repository).project, worktree: known.name };
    }
    for (const { form } of WORKTREE_ELSEWHERE) {
      const found = form.exec(path)?.groups;
      const main = found && this.#mainOf(found["name"] ?? "");
      if (main) return { project: main, worktree: found["worktree"] ?? "" };
    }
    // Only the transcript folder is known if a line names no directory.
    if (/^-[A-Za-z0-9-]*$/.test(path)) return { project: this.#directoryOf(path) ?? path, worktree: "" };
    return { project: path, worktree: "" };
  }

  /** The known worktree that contains a path. */
  #worktreeOf(path: string): KnownWorktree | null {
    if (this.#worktrees.size === 0) return null;
    const above = withParents(path).find((one) => this.#worktrees.has(one));
    return (above !== undefined && this.#worktrees.get(above)) || null;
  }

  /** The main checkout with that name, if there is exactly one. */
  #mainOf(name: string): string | null {
    const isMain = (path: string): boolean =>
      /[\\/]/.test(path) && !WORKTREE_BELOW.test(path) && WORKTREE_ELSEWHERE.every(({ form }) => !form.test(path));
    this.#byName ??= unique(Array.from(this.#directories(), normalDirectory).filter(isMain), lastPart);
    return this.#byName.get(name) ?? null;
  }

  #directoryOf(folder: string): string | null {
    this.#byFolder ??= unique(
      [...this.#directories()].filter((one) => /[\\/]/.test(one)).map((one) => this.of(one).project),
      folderOf,
    );
    return this.#byFolder.get(folder) ?? null;
  }
}

const endsWithParts = (path: string, end: string): boolean => path.endsWith(`/${end}`) || path.endsWith(`\\${end}`);

/** Values by key; null where several share a key. */
function unique(values: readonly string[], keyOf: (value: string) => string): Map<string, string | null> {
  const found = new Map<string, string | null>();
  for (const value of new Set(values)) found.set(keyOf(value), found.has(keyOf(value)) ? null : value);
  return found;
}
