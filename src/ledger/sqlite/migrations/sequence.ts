import type { Database, Statement } from "bun:sqlite";
import { isTime } from "../../../utils/json.ts";
import type { Migration } from "./contract.ts";

const DAY_MS = 86_400_000;
/** Rows per statement: one statement per row takes twice as long. */
const ROWS_PER_INSERT = 32;
const VALUES_PER_ROW = 8;

/** The time of an observation in epoch milliseconds; null if it has none. Bodies are arrays of values without names. */
const TIME = `CASE WHEN json_valid(body) THEN CASE substr(key, 1, instr(key, ':') - 1)
  WHEN 'action' THEN COALESCE(json_extract(body, '$[6]'), json_extract(body, '$[7]'))
  WHEN 'limit' THEN json_extract(body, '$[0]')
  WHEN 'response' THEN json_extract(body, '$[4]')
  WHEN 'rest' THEN json_extract(body, '$[4]')
  WHEN 'session' THEN json_extract(body, '$[4]') END END`;

interface OldRow {
  readonly key: string;
  readonly digest: number;
  readonly machine: string;
  readonly source: string;
  readonly reader: number;
  readonly body: string;
  readonly time: unknown;
}

/**
 * The journal in order of arrival, which a primary key by text does not keep; existing rows get the order of their
 * keys. A digest depends on the text only, so that two machines compute the same one. The birth time of a ledger is
 * that of its oldest observation. Keys of limits name the machine. Tables and columns get the names that the code uses.
 * An earlier version that still has the ledger open names no `observer` when it inserts a row. The default of that
 * column is an error: else INSERT OR IGNORE would skip the row, and the file that it is from would count as read.
 */
export const sequence: Migration = {
  name: "sequence",
  description: "the journal in order of arrival, the ledger's birth time and epoch, and current names of tables",
  sql: `
    ALTER TABLE machine ADD COLUMN born INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE cost_state ADD COLUMN machine TEXT NOT NULL DEFAULT '';
    ALTER TABLE cost_state ADD COLUMN source TEXT NOT NULL DEFAULT '';
    UPDATE cost_state SET
      machine = COALESCE((SELECT MIN(machine) FROM journal WHERE journal.key = cost_state.key), ''),
      source = COALESCE((SELECT MIN(source) FROM journal WHERE journal.key = cost_state.key), '');

    UPDATE rate_limit SET key = key || ':' || machine;

    CREATE TABLE dimension_set (
      id INTEGER PRIMARY KEY, machine TEXT NOT NULL, source TEXT NOT NULL, session TEXT NOT NULL,
      project TEXT NOT NULL, branch TEXT NOT NULL, agent TEXT NOT NULL, model TEXT NOT NULL, speed TEXT NOT NULL,
      tier TEXT NOT NULL, region TEXT NOT NULL, context INTEGER NOT NULL, cost_kind INTEGER NOT NULL,
      UNIQUE (machine, source, session, project, branch, agent, model, speed, tier, region, context, cost_kind));
    INSERT INTO dimension_set SELECT * FROM slice;
    DROP TABLE slice;
    ALTER TABLE response RENAME COLUMN slice TO dimension_id;
    ALTER TABLE action RENAME COLUMN slice TO dimension_id;
    ALTER TABLE usage_quarter RENAME TO usage_bucket;
    ALTER TABLE usage_bucket RENAME COLUMN quarter TO bucket;
    ALTER TABLE usage_bucket RENAME COLUMN slice TO dimension_id;
    ALTER TABLE action_quarter RENAME TO action_bucket;
    ALTER TABLE action_bucket RENAME COLUMN quarter TO bucket;
    ALTER TABLE action_bucket RENAME COLUMN slice TO dimension_id;
    ALTER TABLE usage_day RENAME COLUMN is_priced TO cost_kind;

    ALTER TABLE journal RENAME TO old_journal;
    CREATE TABLE journal (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, digest INTEGER NOT NULL, machine TEXT NOT NULL,
      source TEXT NOT NULL, observer INTEGER NOT NULL DEFAULT (json('a value is required')), reader INTEGER NOT NULL, day INTEGER NOT NULL,
      level INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (key, digest, observer));
  `,
  run: (database) => {
    const oldest = copyJournal(database);
    database.run("DROP TABLE old_journal");
    const now = Number.parseInt(Bun.randomUUIDv7().replaceAll("-", "").slice(0, 12), 16);
    const machines = database.query<{ id: string; isOwn: number }, []>(
      "SELECT id, id = (SELECT value FROM meta WHERE name = 'machine') AS isOwn FROM machine",
    );
    let born = now;
    for (const { id, isOwn } of machines.all()) {
      database.run("UPDATE machine SET born = ? WHERE id = ?", [oldest.get(id) ?? now, id]);
      if (isOwn === 1) born = oldest.get(id) ?? now;
    }
    database.run("INSERT INTO meta VALUES ('epoch', ?), ('born', ?)", [crypto.randomUUID(), String(born)]);
    // Births now decide which machine's facts these are, and limits are separate.
    if (oldest.size > 1) database.run("INSERT OR IGNORE INTO meta VALUES ('rebuild', '1')");
  },
};

/** Copies all rows and returns the time of each machine's oldest observation; null if none has a possible time. */
function copyJournal(database: Database): Map<string, number | null> {
  const insert = (rows: number): Statement<unknown, (string | number)[]> =>
    database.prepare(
      `INSERT OR IGNORE INTO journal (key, digest, machine, source, observer, reader, day, level, body)
       VALUES ${Array(rows).fill("(?, ?, ?, ?, ?, ?, ?, 1, ?)").join(", ")}`,
    );
  const rows = `SELECT key, digest, machine, source, reader, body, ${TIME} AS time FROM old_journal`;
  // Another version of Bun may have computed other digests.
  const areDigestsKnown = database.query<OldRow, []>(`${rows} LIMIT 100`).all().some(isIntact);
  using many = insert(ROWS_PER_INSERT);
  let cells: (string | number)[] = [];
  const oldest = new Map<string, number | null>();
  for (const row of database.query<OldRow, []>(rows).iterate()) {
    const time = typeof row.time === "number" ? row.time : 0;
    const known = oldest.get(row.machine);
    if (time > 0 && isTime(time)) oldest.set(row.machine, Math.min(time, known ?? time));
    else if (known === undefined) oldest.set(row.machine, null);
    // A damaged row keeps a digest that does not match, so that a rebuild leaves it out.
    const digest = areDigestsKnown && !isIntact(row) ? row.digest : bitsOf(Bun.hash.xxHash64(row.body));
    cells.push(
      row.key.startsWith("limit:") ? `${row.key}:${row.machine}` : row.key,
      digest,
      row.machine,
      row.source,
      observerOf(row),
      row.reader,
      Math.floor(time / DAY_MS),
      row.body,
    );
    if (cells.length < ROWS_PER_INSERT * VALUES_PER_ROW) continue;
    many.run(...cells);
    cells = [];
  }
  using rest = insert(Math.max(cells.length / VALUES_PER_ROW, 1));
  if (cells.length > 0) rest.run(...cells);
  return oldest;
}

/** The hash of machine and source in the journal. */
const observerOf = ({ machine, source }: OldRow): number =>
  Number(Bun.hash.xxHash64(`${machine}\n${source}`) & 0x7fff_ffff_ffffn);

/** The low 52 bits of a hash. */
const bitsOf = (hash: bigint): number => Number(hash & 0xf_ffff_ffff_ffffn);

/** Whether the digest is that of the row as it was written. */
const isIntact = ({ digest, machine, source, body }: OldRow): boolean => digest === oldDigestOf(machine, source, body);

/** The digest of an observation in journals from before this migration. */
export const oldDigestOf = (machine: string, source: string, body: string): number =>
  bitsOf(Bun.hash(`${machine}\n${source}\n${body}`));
