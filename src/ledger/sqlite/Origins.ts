import type { Database } from "bun:sqlite";
import { mergeOrigins, NEVER, type SessionOrigin } from "../fold/origins.ts";
import { type NamedProjects, Projects } from "../../model/project.ts";

/** The key of a session among the sessions of all assistants. */
const keyOf = (source: string, session: string): string => `${source}\n${session}`;

/** What was derived from one version of the ledger. */
interface OriginsState {
  readonly version: string;
  readonly projects: Projects;
  /** The first directory of each session that was in more than one. */
  readonly starts: ReadonlyMap<string, string>;
  /** Results of `named`, by text. */
  readonly named: Map<string, NamedProjects>;
}

/**
 * Where sessions began and the accounts they belong to, as stored in the ledger; and the projects derived from that.
 */
export class Origins {
  readonly #database: Database;
  #state: OriginsState | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds origins. Call only within a transaction. */
  add(source: string, origins: readonly SessionOrigin[]): void {
    const find = this.#database.query<
      Omit<SessionOrigin, "hasMoved"> & { readonly hasMoved: number },
      [string, string]
    >(
      `SELECT id AS session, account, at, directory, has_moved AS hasMoved, reader FROM session_origin WHERE assistant = ? AND id = ?`,
    );
    const put = this.#database.query<unknown, [string, string, string, number, string, number, number]>(
      "INSERT OR REPLACE INTO session_origin VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    for (const origin of origins) {
      // As the database returns it.
      const one = { ...origin, directory: origin.directory.toWellFormed() };
      const row = find.get(source, one.session);
      const known = row && { ...row, hasMoved: row.hasMoved === 1 };
      const { session, account, at, directory, hasMoved, reader } = known ? mergeOrigins(known, one) : one;
      const isThere = known?.account === account && known.at === at && known.directory === directory;
      const isSame = isThere && known.hasMoved === hasMoved && known.reader === reader;
      if (!isSame) put.run(source, session, account, at, directory, +hasMoved, reader);
    }
  }

  /**
   * Clears where sessions began, before that is derived from the journal again. Accounts are not in the journal, so
   * they stay.
   */
  forgetStarts(): void {
    this.#database.run("UPDATE session_origin SET at = ?, directory = '', has_moved = 0", [NEVER]);
  }

  /** Replaces where some sessions of an assistant began; those without an origin are removed. Call only within a transaction. */
  replaceStarts(source: string, sessions: readonly string[], origins: readonly SessionOrigin[]): void {
    const known = new Set(origins.map(({ session }) => session));
    const clear = this.#database.query<unknown, [number, string, string]>(
      "UPDATE session_origin SET at = ?, directory = '', has_moved = 0, reader = 1 WHERE assistant = ? AND id = ?",
    );
    const remove = this.#database.query<unknown, [string, string]>(
      "DELETE FROM session_origin WHERE assistant = ? AND id = ?",
    );
    for (const session of sessions) {
      if (known.has(session)) clear.run(NEVER, source, session);
      else remove.run(source, session);
    }
    this.add(source, origins);
  }

  /** Accounts by assistant and session, separated by a line break. */
  accounts(): Map<string, string> {
    const rows = this.#database
      .query<unknown, []>("SELECT assistant, id, account FROM session_origin WHERE account <> ''")
      .values() as [string, string, string][];
    return new Map(rows.map(([source, session, account]) => [keyOf(source, session), account]));
  }

  /** The projects derived from the ledger's current content. */
  projects(): Projects {
    return this.#current().projects;
  }

  /** What a text refers to among the projects of the ledger. */
  named(text: string): NamedProjects {
    const { projects, starts, named } = this.#current();
    let found = named.get(text);
    if (!found) named.set(text, (found = projects.named(text, this.#pairs(starts))));
    return found;
  }

  /** What was derived since any process last changed the ledger. */
  #current() {
    const row = this.#database
      .query<{ data_version: number; changes: number }, []>(
        "SELECT *, total_changes() AS changes FROM pragma_data_version",
      )
      .get();
    const version = `${row?.data_version} ${row?.changes}`;
    if (this.#state?.version !== version) this.#state = { version, ...this.#read(), named: new Map() };
    return this.#state;
  }

  /** Pairs of a directory in which something was done and the directory in which its session began. */
  #pairs(starts: ReadonlyMap<string, string>): [directory: string, start: string][] {
    const rows = ["dimension_set", "session"].flatMap(
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

  #read(): Pick<OriginsState, "projects" | "starts"> {
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
    const rows = this.#database.query("SELECT DISTINCT project FROM dimension_set").values() as [string][];
    return rows.map(([directory]) => directory);
  }
}
