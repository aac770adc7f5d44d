import type { Database } from "bun:sqlite";
import { decodeBody, fieldOrder, kindOf } from "../../model/body.ts";
import { lastPart } from "../../model/project.ts";
import { OriginsBuilder } from "../fold/origins.ts";
import { placeOf } from "../fold/prepare-rows.ts";
import { rowsOf } from "../fold/prepare.ts";
import { dimensionSet, factTables } from "../tables/facts.ts";
import { DIMENSION_ID, IN_LIST } from "../tables/table.ts";
import type { Writers } from "./batch.ts";
import type { Origins } from "./Origins.ts";
import { horizonOf } from "./retention.ts";

/** What is removed. */
export interface Forgotten {
  /** Ids of the machines that observed it; null for all. */
  readonly machines: readonly string[] | null;
  /** Only what is about this session, of any assistant. */
  readonly session?: string | undefined;
  /** Only what is about this project: see isMeant. */
  readonly project?: string | undefined;
}

interface JournalText {
  readonly key: string;
  readonly source: string;
  readonly reader: number;
  readonly body: string;
}

/** The fields of a body, or the columns of a fact, that name a session or a project. */
const SESSION = ["session"];
const PROJECT = ["project", "repository"];

/** The value of the first of these fields that the body of a row has, in SQL; NULL if its kind has none of them. */
function fieldSql(names: readonly string[]): string {
  const cases = Object.entries(fieldOrder).flatMap(([kind, order]) => {
    const at = order.split(" ").findIndex((name) => names.includes(name));
    return at < 0 ? [] : [`WHEN '${kind}' THEN json_extract(body, '$[${at}]')`];
  });
  return `CASE WHEN json_valid(body) THEN CASE substr(key, 1, instr(key, ':') - 1) ${cases.join(" ")} END END`;
}

const isOneOf = (sql: string): string => `${sql} ${IN_LIST}`;
/** `isMeant` in SQL; the value is a list of what is meant and its last part. */
const isMeantSql = (sql: string): string =>
  `EXISTS (
     SELECT 1 FROM (SELECT ${sql} AS place, value ->> 0 AS meant, value ->> 1 AS last FROM (SELECT ? AS value))
     WHERE place IN (meant, last) OR substr(place, 1, length(meant) + 1) IN (meant || '/', meant || char(92))
       OR (meant = last AND substr(place, -length(meant) - 1) IN ('/' || meant, char(92) || meant)))`;

/**
 * The conditions under which a row is removed. `sqlOf` returns the SQL of what these names have in common; null if rows of this
 * table have none of them. Returns null if no row can match.
 */
function conditions(
  { machines, session, project }: Forgotten,
  sqlOf: (names: readonly string[]) => string | null,
): { where: string; values: string[] } | null {
  const wanted = [
    { names: ["machine"], list: machines, isWanted: isOneOf },
    { names: SESSION, list: session === undefined ? null : [session], isWanted: isOneOf },
    { names: PROJECT, list: project === undefined ? null : [project, lastPart(project)], isWanted: isMeantSql },
  ];
  const parts = ["TRUE"];
  const values: string[] = [];
  for (const { names, list, isWanted } of wanted) {
    if (list === null) continue;
    const sql = sqlOf(names);
    if (sql === null) return null;
    parts.push(isWanted(sql));
    values.push(JSON.stringify(list));
  }
  return { where: parts.join(" AND "), values };
}

/** Removes rows, and makes the facts of their keys anew. Returns the number of rows. Call only within a transaction. */
export function forgetRows(database: Database, writers: Writers, origins: Origins, what: Forgotten): number {
  const { journal, facts } = writers;
  // What is removed is overwritten.
  database.run("PRAGMA secure_delete=1");
  try {
    const removed = removeRows(database, what);
    for (const key of new Set(removed.map((row) => row.key))) {
      const kind = kindOf(key);
      if (kind !== null) facts.replace(kind, key, rowsOf(kind, key, journal.observationsOf(kind, key)));
    }
    if (horizonOf(database) !== null) removePrunedFacts(database, writers, what);
    facts.dropUnusedDimensions();
    forgetOrigins(database, origins, removed);
    if (what.machines && what.session === undefined && what.project === undefined)
      for (const id of what.machines) forgetMachine(database, id);
    return removed.length;
  } finally {
    database.run("PRAGMA secure_delete=0");
  }
}

function removeRows(database: Database, what: Forgotten): JournalText[] {
  const found = conditions(what, (names) => (names.includes("machine") ? "machine" : fieldSql(names)));
  if (found === null) return [];
  return database
    .query<JournalText, string[]>(`DELETE FROM journal WHERE ${found.where} RETURNING key, source, reader, body`)
    .all(...found.values);
}

/** Removes facts whose observations were pruned, by what they are attributed to. */
function removePrunedFacts(database: Database, { facts }: Writers, what: Forgotten): void {
  for (const table of new Set(Object.values(factTables))) {
    const hasDimensions = Object.hasOwn(table.columns, DIMENSION_ID);
    const columns = Object.keys(hasDimensions ? dimensionSet.columns : table.columns);
    const found = conditions(what, (names) => columns.find((column) => names.includes(column)) ?? null);
    if (found === null) continue;
    const from = hasDimensions ? `${table.name} JOIN dimension_set ON id = ${DIMENSION_ID}` : table.name;
    const rows = database.query<{ key: string }, string[]>(
      `SELECT DISTINCT key FROM ${from} WHERE ${found.where}
       AND NOT EXISTS (SELECT 1 FROM journal WHERE journal.key = ${table.name}.key)`,
    );
    for (const { key } of rows.all(...found.values)) {
      const kind = kindOf(key);
      if (kind !== null) facts.replace(kind, key, []);
    }
  }
}

/** Derives where the sessions of removed rows began from the rows that are left. */
function forgetOrigins(database: Database, origins: Origins, removed: readonly JournalText[]): void {
  const sessions = new Map<string, Set<string>>();
  for (const { key, source, body } of removed) {
    const kind = kindOf(key);
    const { session } = kind === null ? { session: "" } : placeOf(decodeBody(kind, body));
    if (session !== "") sessions.set(source, (sessions.get(source) ?? new Set()).add(session));
  }
  const left = database.query<JournalText, [string, string]>(
    `SELECT key, source, reader, body FROM journal WHERE source = ? AND ${isOneOf(fieldSql(SESSION))}`,
  );
  for (const [source, ids] of sessions) {
    const builder = new OriginsBuilder();
    for (const { key, reader, body } of left.iterate(source, JSON.stringify([...ids]))) {
      const kind = kindOf(key);
      if (kind !== null) builder.add(kind, decodeBody(kind, body), "", reader);
    }
    origins.replaceStarts(source, [...ids], builder.all);
  }
}

function forgetMachine(database: Database, id: string): void {
  database.run("DELETE FROM machine WHERE id = ? AND id <> (SELECT value FROM meta WHERE name = 'machine')", [id]);
  database.run("DELETE FROM meta WHERE name LIKE 'reader:%' AND substr(name, -length(?1) - 1) = ':' || ?1", [id]);
}
