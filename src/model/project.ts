/** Where usage belongs: a project, and which worktree of it, "" for its main checkout. */
export interface ProjectPlace {
  /** A directory: the repository where it is known, else the one in which a session was started. "" where none is known. */
  readonly project: string;
  /** Name of a worktree. */
  readonly worktree: string;
}

/** Worktrees that an assistant makes below the repository: `claude --worktree`, and the usual place for one's own. */
const BELOW = /^(.+?)[\\/](?:\.(?:claude|gemini|qwen)[\\/]worktrees|\.worktrees)[\\/]([^\\/]+)/;
/** Worktrees that an assistant makes in its own directory: they tell the repository's name and not where it is. */
const ELSEWHERE = [
  { form: /^.+[\\/]\.codex[\\/]worktrees[\\/](?<worktree>[^\\/]+)[\\/](?<name>[^\\/]+)/ },
  { form: /^.+[\\/]\.cursor[\\/]worktrees[\\/](?<name>[^\\/]+)[\\/](?<worktree>[^\\/]+)/ },
] as const;

/** What is known of a worktree that may lie anywhere. */
export interface KnownWorktree {
  /** The directory in which it was made. */
  readonly repository: string;
  readonly name: string;
}

/** A directory in one way of writing it: a drive's letter large and its slashes backslashes, no slash at the end. */
export function normalDirectory(directory: string): string {
  const [, drive = "", rest = ""] = /^([A-Za-z]):([\\/].*)$/s.exec(directory) ?? [];
  if (drive === "") return directory.length > 1 ? directory.replace(/\/+$/, "") || "/" : directory;
  return `${drive.toUpperCase()}:${rest.replaceAll("/", "\\").replace(/\\+$/, "") || "\\"}`;
}

/** A directory on Windows, or on a server that it knows, as `normalDirectory` gives it. */
const WINDOWS = /^(?:[A-Z]:\\|\\\\)/;

/** The last part of a directory. */
export const lastPart = (directory: string): string => /([^\\/]*)[\\/]*$/.exec(directory)?.[1] ?? "";

/** How Claude Code names the folder of a directory's transcripts. */
const folderOf = (directory: string): string => directory.replace(/[^a-zA-Z0-9]/g, "-");

/** What a text names, by the directories in which work was done. */
export interface NamedProjects {
  /** Directories in which all work belongs to it. */
  readonly whole: readonly string[];
  /** Directories in which only that of sessions belongs to it which began in one of `starts`. */
  readonly partly: readonly string[];
  readonly starts: readonly string[];
}

/**
 * Projects as a function of what was observed: directories, and where each session began. Work belongs to the directory in
 * which its session began, whatever a shell tool entered later; to a worktree where it was done in one; a worktree to its
 * repository.
 */
export class Projects {
  readonly #directories: () => Iterable<string>;
  readonly #starts: ReadonlyMap<string, string>;
  readonly #worktrees: ReadonlyMap<string, KnownWorktree>;
  readonly #places = new Map<string, ProjectPlace>();
  /** Main checkouts by the last part of their path, and directories by the folder of their transcripts; null for several. */
  #byName: Map<string, string | null> | null = null;
  #byFolder: Map<string, string | null> | null = null;

  /**
   * `directories` are all that are known, asked for where one tells only its name; `starts` those of sessions by a key;
   * `worktrees` what is known of some, by their directories.
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

  /** Where something belongs that a session did in a directory. */
  placeOf(directory: string, session: string): ProjectPlace {
    const own = this.of(directory);
    const start = own.worktree === "" ? this.#starts.get(session) : undefined;
    return start === undefined ? own : this.of(start);
  }

  /** The place of a directory by itself. */
  of(directory: string): ProjectPlace {
    let place = this.#places.get(directory);
    if (!place) this.#places.set(directory, (place = this.#find(directory)));
    return place;
  }

  /**
   * What a text names, of pairs of a directory and the one in which a session of it began: projects by their path or the end
   * of it, and worktrees by their name or path; where none is, the project of such a directory that a session entered; else
   * projects whose name holds the text, in letters of either case, and where there are none, whose path does.
   */
  named(text: string, pairs: readonly (readonly [directory: string, start: string])[]): NamedProjects {
    const wanted = normalDirectory(text);
    // Of one on Windows the end may be written with slashes, as reports show it.
    const onWindows = wanted.replaceAll("/", "\\").replace(/(?<=[^\\])\\+$/, "");
    const asIn = (path: string): string => (WINDOWS.test(path) ? onWindows : wanted);
    const isEqual = (path: string): boolean => path === asIn(path) || endsWithParts(path, asIn(path));
    const baseOf = ([directory, start]: readonly [string, string]): string =>
      this.of(directory).worktree === "" ? start : directory;
    const bases = [...new Set(pairs.map(baseOf))];
    const projectOf = (base: string): string => this.of(base).project;
    const isNamed = (base: string): boolean => {
      const { project, worktree } = this.of(base);
      return isEqual(project) || (worktree !== "" && (worktree === text || isEqual(normalDirectory(base))));
    };
    const entered = (): string[] => {
      const there = pairs.filter(([directory]) => isEqual(normalDirectory(directory)));
      const projects = new Set(there.map((pair) => projectOf(baseOf(pair))));
      return bases.filter((base) => projects.has(projectOf(base)));
    };
    const holding = (of: (project: string) => string): string[] =>
      bases.filter((base) =>
        of(projectOf(base))
          .toLowerCase()
          .includes(asIn(projectOf(base)).toLowerCase()),
      );
    const ways = [() => bases.filter(isNamed), entered, () => holding(lastPart), () => holding((project) => project)];
    const found = new Set(
      ways
        .values()
        .map((way) => way())
        .find((some) => some.length > 0),
    );
    const own = [...Map.groupBy(pairs, ([directory]) => directory)].map(([directory, some]) => ({
      directory,
      isIn: some.map((pair) => found.has(baseOf(pair))),
    }));
    return {
      whole: own.flatMap(({ directory, isIn }) => (isIn.every(Boolean) ? [directory] : [])),
      partly: own.flatMap(({ directory, isIn }) => (isIn.some(Boolean) && !isIn.every(Boolean) ? [directory] : [])),
      starts: [...found],
    };
  }

  #find(directory: string): ProjectPlace {
    const path = normalDirectory(directory);
    const [, repository, name = ""] = BELOW.exec(path) ?? [];
    if (repository !== undefined) return { project: this.of(repository).project, worktree: name };
    const known = this.#worktreeOf(path);
    // Two that are said to be made of each other are none.
    if (known && this.#worktreeOf(normalDirectory(known.repository)) === null) {
      return { project: this.of(known.repository).project, worktree: known.name };
    }
    for (const { form } of ELSEWHERE) {
      const found = form.exec(path)?.groups;
      const main = found && this.#mainOf(found["name"] ?? "");
      if (main) return { project: main, worktree: found["worktree"] ?? "" };
    }
    // Of a line that names no directory only the folder of its transcript is known.
    if (/^-[A-Za-z0-9-]*$/.test(path)) return { project: this.#unfolded(path) ?? path, worktree: "" };
    return { project: path, worktree: "" };
  }

  /** The known worktree that a path lies in. */
  #worktreeOf(path: string): KnownWorktree | null {
    if (this.#worktrees.size === 0) return null;
    for (let at = path; at !== ""; at = at.replace(/[\\/]*[^\\/]*$/, "")) {
      const known = this.#worktrees.get(at);
      if (known) return known;
    }
    return null;
  }

  /** The only main checkout of that name. */
  #mainOf(name: string): string | null {
    const isMain = (path: string): boolean =>
      /[\\/]/.test(path) && !BELOW.test(path) && ELSEWHERE.every(({ form }) => !form.test(path));
    this.#byName ??= unique(Array.from(this.#directories(), normalDirectory).filter(isMain), lastPart);
    return this.#byName.get(name) ?? null;
  }

  #unfolded(folder: string): string | null {
    this.#byFolder ??= unique(
      [...this.#directories()].filter((one) => /[\\/]/.test(one)).map((one) => this.of(one).project),
      folderOf,
    );
    return this.#byFolder.get(folder) ?? null;
  }
}

const endsWithParts = (path: string, end: string): boolean => path.endsWith(`/${end}`) || path.endsWith(`\\${end}`);

/** Values by a key of theirs; null where several have it. */
function unique(values: readonly string[], keyOf: (value: string) => string): Map<string, string | null> {
  const found = new Map<string, string | null>();
  for (const value of new Set(values)) found.set(keyOf(value), found.has(keyOf(value)) ? null : value);
  return found;
}
