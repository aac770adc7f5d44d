import type { Database } from "bun:sqlite";
import type { Bodies, Kind } from "../model/observation.ts";
import { type NamedProjects, Projects } from "../model/project.ts";

/** Where a session began, as far as some of what was read says, and whose it is. */
export interface SessionOrigin {
  readonly session: string;
  /** The configuration directory in which its files lie; "" where that is not known. */
  readonly account: string;
  /** Epoch milliseconds of the earliest that was observed in it. */
  readonly at: number;
  /** The directory in which that was. */
  readonly directory: string;
  /** Something was observed in another directory. */
  readonly hasMoved: boolean;
  /** Version of the source's reader that says so: what an older one observed of a session may be another's. */
  readonly reader: number;
}

/** A session of which nothing but its account is known begins after all that is observed. */
export const NEVER = Number.MAX_SAFE_INTEGER;
/** Copies in forks tell the times of what they copy, but maybe another directory: they count where there is nothing else. */
const COPIED = 4;

/** Gathers the origins of sessions from observations; `account` is the configuration directory that they were read from. */
export class OriginsSeen {
  readonly #bySession = new Map<string, SessionOrigin>();
  /** That of the newest observation: the next one is nearly always of the same session. */
  #last: SessionOrigin | null = null;

  see(kind: Kind, body: unknown, account: string, reader: number): void {
    const seen = body as Partial<Bodies["response"] & Bodies["session"]>;
    const began = seen.first ?? seen.at ?? null;
    const last = this.#last;
    // Nearly all say nothing new, and this is asked of each.
    if (
      last !== null &&
      seen.session === last.session &&
      seen.project === last.directory &&
      account === last.account &&
      reader === last.reader &&
      (began ?? NEVER) >= last.at
    )
      return;
    if (kind !== "response" && kind !== "rest" && kind !== "action" && kind !== "session") return;
    const { session = "", project = "" } = seen;
    if (session === "") return;
    const time = project === "" || (seen.copy ?? 0) >= COPIED ? null : began;
    const directory = time === null ? "" : project;
    const known = this.#bySession.get(session);
    const one = { session, account, at: time ?? NEVER, directory, hasMoved: false, reader };
    const both = known ? earlier(known, one) : one;
    this.#last = both;
    this.#bySession.set(session, both);
  }

  get all(): SessionOrigin[] {
    return [...this.#bySession.values()];
  }
}

/** What two say together: whichever order they come in, the same. */
function earlier(a: SessionOrigin, b: SessionOrigin): SessionOrigin {
  const first = isFirst(a, b) ? a : b;
  const areAlike = a.directory !== "" && b.directory !== "" && a.reader === b.reader;
  return {
    ...first,
    account: a.account === "" || (b.account !== "" && b.account < a.account) ? b.account : a.account,
    hasMoved: areAlike ? a.hasMoved || b.hasMoved || a.directory !== b.directory : first.hasMoved,
  };
}

/** Whether the first of two is where the session began: one that knows a directory, by the newest reader, the earliest. */
function isFirst(a: SessionOrigin, b: SessionOrigin): boolean {
  if ((a.directory === "") !== (b.directory === "")) return b.directory === "";
  if (a.reader !== b.reader) return a.reader > b.reader;
  return a.at < b.at || (a.at === b.at && a.directory <= b.directory);
}

/** The key of a session among those of all assistants. */
const keyOf = (source: string, session: string): string => `${source}\n${session}`;

/** What was found out about one state of the ledger. */
interface Known {
  readonly version: string;
  readonly projects: Projects;
  /** Directories in which those sessions began that were in more than one. */
  readonly starts: ReadonlyMap<string, string>;
  /** What texts name. */
  readonly named: Map<string, NamedProjects>;
}

/** Where sessions began and whose they are, as the ledger keeps it; and the projects that follow from it. */
export class Origins {
  readonly #database: Database;
  #known: Known | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds what was seen. Only within a transaction. */
  add(source: string, seen: readonly SessionOrigin[]): void {
    const find = this.#database.query<
      Omit<SessionOrigin, "hasMoved"> & { readonly hasMoved: number },
      [string, string]
    >(
      `SELECT id AS session, account, at, directory, has_moved AS hasMoved, reader FROM session_origin WHERE assistant = ? AND id = ?`,
    );
    const put = this.#database.query<unknown, [string, string, string, number, string, number, number]>(
      "INSERT OR REPLACE INTO session_origin VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    for (const one of seen) {
      const row = find.get(source, one.session);
      const known = row && { ...row, hasMoved: row.hasMoved === 1 };
      const { session, account, at, directory, hasMoved, reader } = known ? earlier(known, one) : one;
      const isThere = known?.account === account && known.at === at && known.directory === directory;
      const isSame = isThere && known.hasMoved === hasMoved && known.reader === reader;
      if (!isSame) put.run(source, session, account, at, directory, +hasMoved, reader);
    }
  }

  /** Forgets where sessions began, before that is found anew in the journal; accounts stand in no journal and stay. */
  forgetStarts(): void {
    this.#database.run("UPDATE session_origin SET at = ?, directory = '', has_moved = 0", [NEVER]);
  }

  /** Accounts by assistant and session, with a line break between. */
  accounts(): Map<string, string> {
    const rows = this.#database
      .query<unknown, []>("SELECT assistant, id, account FROM session_origin WHERE account <> ''")
      .values() as [string, string, string][];
    return new Map(rows.map(([source, session, account]) => [keyOf(source, session), account]));
  }

  /** The projects that follow from what the ledger holds now. */
  get projects(): Projects {
    return this.#now().projects;
  }

  /** What a text names among the projects of the ledger. */
  named(text: string): NamedProjects {
    const { projects, starts, named } = this.#now();
    let found = named.get(text);
    if (!found) named.set(text, (found = projects.named(text, this.#pairs(starts))));
    return found;
  }

  /** What was found out since the ledger was changed last, by whomever. */
  #now() {
    const row = this.#database
      .query<{ data_version: number; changes: number }, []>(
        "SELECT *, total_changes() AS changes FROM pragma_data_version",
      )
      .get();
    const version = `${row?.data_version} ${row?.changes}`;
    if (this.#known?.version !== version) this.#known = { version, ...this.#read(), named: new Map() };
    return this.#known;
  }

  /** Directories in which something was done, each with the directories in which sessions began that did. */
  #pairs(starts: ReadonlyMap<string, string>): [directory: string, start: string][] {
    const rows = ["slice", "session"].flatMap(
      (table) =>
        this.#database.query(`SELECT DISTINCT source, session, project FROM ${table}`).values() as [
          string,
          string,
          string,
        ][],
    );
    const pairs = new Map<string, [string, string]>();
    for (const [source, session, directory] of rows) {
      const start = starts.get(keyOf(source, session)) ?? directory;
      pairs.set(`${directory}\n${start}`, [directory, start]);
    }
    return [...pairs.values()];
  }

  #read(): Pick<Known, "projects" | "starts"> {
    const moved = this.#database
      .query("SELECT assistant, id, directory FROM session_origin WHERE has_moved = 1 AND directory <> ''")
      .values() as [string, string, string][];
    const starts = new Map(moved.map(([source, session, directory]) => [keyOf(source, session), directory]));
    const worktrees = this.#database.query("SELECT directory, repository, name FROM worktree").values() as string[][];
    const known = worktrees.map(
      ([directory = "", repository = "", name = ""]) => [directory, { repository, name }] as const,
    );
    return { starts, projects: new Projects(() => this.#directories(), starts, known) };
  }

  #directories(): string[] {
    const rows = this.#database.query("SELECT DISTINCT project FROM slice").values() as [string][];
    return rows.map(([directory]) => directory);
  }
}
