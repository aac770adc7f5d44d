import type { Database } from "bun:sqlite";
import { type Bodies, isUsage, type Kind } from "../../model/observation.ts";
import { type NamedProjects, Projects } from "../../model/project.ts";

/** Where a session began, as far as it was read, and the account it belongs to. */
export interface SessionOrigin {
  readonly session: string;
  /** The configuration directory of its files; "" if it is not known. */
  readonly account: string;
  /** Epoch milliseconds of its earliest observation. */
  readonly at: number;
  /** The directory of that observation. */
  readonly directory: string;
  /** Whether something was observed in another directory. */
  readonly hasMoved: boolean;
  /** Version of the source's reader that observed it: an older reader may have taken another session's entries for its own. */
  readonly reader: number;
}

/** The start of a session of which only the account is known: later than any observation. */
export const NEVER = Number.MAX_SAFE_INTEGER;
/**
 * The bit of `copy` for copies in forks. They have the times of the original but possibly another directory, so they
 * count only if there is nothing else.
 */
const COPIED = 4;

/**
 * Collects the origins of sessions from observations; `account` is the configuration directory that they were read
 * from.
 */
export class OriginsBuilder {
  readonly #bySession = new Map<string, SessionOrigin>();
  /** The origin of the newest observation: the next one nearly always has the same session. */
  #last: SessionOrigin | null = null;

  add(kind: Kind, body: unknown, account: string, reader: number): void {
    const observed = body as Partial<Bodies["response"] & Bodies["session"]>;
    const began = observed.first ?? observed.at ?? null;
    const last = this.#last;
    // Called for every observation; nearly all of them add nothing.
    if (
      last !== null &&
      observed.session === last.session &&
      observed.project === last.directory &&
      account === last.account &&
      reader === last.reader &&
      (began ?? NEVER) >= last.at
    )
      return;
    if (!isUsage(kind) && kind !== "action" && kind !== "session") return;
    const { session = "", project = "" } = observed;
    if (session === "") return;
    const time = project === "" || (observed.copy ?? 0) >= COPIED ? null : began;
    const directory = time === null ? "" : project;
    const known = this.#bySession.get(session);
    const one = { session, account, at: time ?? NEVER, directory, hasMoved: false, reader };
    const merged = known ? mergeOrigins(known, one) : one;
    this.#last = merged;
    this.#bySession.set(session, merged);
  }

  get all(): SessionOrigin[] {
    return [...this.#bySession.values()];
  }
}

/** Merges two origins of a session; their order does not matter. */
function mergeOrigins(a: SessionOrigin, b: SessionOrigin): SessionOrigin {
  const first = isFirst(a, b) ? a : b;
  const areAlike = a.directory !== "" && b.directory !== "" && a.reader === b.reader;
  return {
    ...first,
    account: a.account === "" || (b.account !== "" && b.account < a.account) ? b.account : a.account,
    hasMoved: areAlike ? a.hasMoved || b.hasMoved || a.directory !== b.directory : first.hasMoved,
  };
}

/** Whether `a` is where the session began: an origin with a directory wins, then the newest reader's, then the earliest. */
function isFirst(a: SessionOrigin, b: SessionOrigin): boolean {
  if ((a.directory === "") !== (b.directory === "")) return b.directory === "";
  if (a.reader !== b.reader) return a.reader > b.reader;
  return a.at < b.at || (a.at === b.at && a.directory <= b.directory);
}

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
    for (const one of origins) {
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
