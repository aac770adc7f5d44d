import type { Database } from "bun:sqlite";
import { kindOf } from "../../model/body.ts";
import { detailsActions, lowerBody, lowerPlace } from "../../model/privacy.ts";
import type { KeyedHash } from "../../model/privacy-rules.ts";
import type { WireRow } from "../../model/wire.ts";
import { prepareRows } from "../fold/prepare-rows.ts";
import { type FactRow, rowsOf } from "../fold/prepare.ts";
import { action, dimensionSet, response, session } from "../tables/facts.ts";
import { levelNumber } from "../tables/journal.ts";
import { columnList, columnsOf, type ColumnValue, DIMENSION_ID, IN_LIST } from "../tables/table.ts";
import type { Writers } from "./batch.ts";
import type { LedgerMachine } from "./identity.ts";
import type { Ledger } from "./Ledger.ts";
import type { SeqRange } from "./retention.ts";

interface StoredRow {
  readonly key: string;
  readonly source: string;
  readonly reader: number;
  readonly body: string;
}

const DETAILS = `machine = ? AND level = ${levelNumber.details}`;

/**
 * Takes the details out of a machine's observations: of those in a range, and all others of their keys. Call only within a transaction of
 * the ledger.
 */
export function lowerJournal(
  ledger: Ledger,
  { journal, facts }: Writers,
  machine: LedgerMachine,
  hash: KeyedHash,
  { after, upto }: SeqRange,
): void {
  const { database } = ledger;
  const keys = database
    .query<{ key: string }, [number, number, string]>(
      `SELECT DISTINCT key FROM journal WHERE seq > ? AND seq <= ? AND ${DETAILS}`,
    )
    .all(after, upto, machine.id)
    .map(({ key }) => key);
  const list = JSON.stringify(keys);
  const rows = database
    .query<StoredRow, string[]>(`SELECT key, source, reader, body FROM journal WHERE key ${IN_LIST} AND ${DETAILS}`)
    .all(list, machine.id);
  for (const some of Map.groupBy(rows, ({ source, reader }) => `${source}\n${reader}`).values()) {
    const { source, reader } = some[0] as StoredRow;
    const sender = { machine: machine.id, source, reader, level: "metrics" } as const;
    const lowered = some.flatMap(({ key, body }): WireRow[] => {
      const reduced = lowerBody(key, body, hash);
      return reduced === null ? [] : [[key, reduced]];
    });
    ledger.add({ machine, level: "metrics", source, ...prepareRows(sender, lowered) });
  }
  // What does not leave at level metrics.
  const left = database.query<{ key: string }, string[]>(
    `DELETE FROM journal WHERE key ${IN_LIST} AND ${DETAILS} RETURNING key`,
  );
  for (const key of new Set(left.all(list, machine.id).map((row) => row.key))) {
    const kind = kindOf(key);
    if (kind !== null) facts.replace(kind, key, rowsOf(kind, key, journal.observationsOf(kind, key)));
  }
}

/** Takes the details out of a machine's facts whose observations were pruned. Call only within a transaction. */
export function lowerPrunedFacts(database: Database, { facts }: Writers, machine: string, hash: KeyedHash): void {
  const isPruned = (table: string): string => `NOT EXISTS (SELECT 1 FROM journal WHERE journal.key = ${table}.key)`;
  const details = database.query<{ key: string }, string[]>(
    `SELECT key FROM action JOIN dimension_set ON id = ${DIMENSION_ID}
     WHERE machine = ? AND action ${IN_LIST} AND ${isPruned("action")}`,
  );
  for (const { key } of details.all(machine, JSON.stringify(detailsActions))) facts.replace("action", key, []);

  const sets = new Map<number, ColumnValue[]>();
  const columns = columnsOf(dimensionSet, "id");
  for (const set of database
    .query<Record<"project" | "branch" | "model", string> & { readonly id: number }, string[]>(
      "SELECT * FROM dimension_set WHERE machine = ?",
    )
    .all(machine)) {
    const lowered = { ...set, ...lowerPlace(set, hash) } as Readonly<Record<string, ColumnValue>>;
    sets.set(
      set.id,
      columns.map((column) => lowered[column] ?? null),
    );
  }
  for (const table of [response, action]) {
    const names = columnsOf<string>(table);
    const [keyAt, setAt] = [names.indexOf("key"), names.indexOf(DIMENSION_ID)];
    const rows = database
      .query(
        `SELECT ${columnList(names)} FROM ${table.name} WHERE key IN (
           SELECT key FROM ${table.name} WHERE ${DIMENSION_ID} ${IN_LIST} AND ${isPruned(table.name)})`,
      )
      .values(JSON.stringify([...sets.keys()])) as ColumnValue[][];
    for (const [key, cells] of Map.groupBy(rows, (row) => String(row[keyAt]))) {
      const kind = kindOf(key);
      const toFact = (row: ColumnValue[]): FactRow => ({
        cells: [...row],
        dimensions: sets.get(Number(row[setAt])) ?? null,
      });
      if (kind !== null) facts.replace(kind, key, cells.map(toFact));
    }
  }
  const sessions = database.query<{ key: string; project: string; branch: string }, string[]>(
    `SELECT key, project, branch FROM session WHERE machine = ? AND ${isPruned(session.name)}`,
  );
  for (const { key, ...place } of sessions.all(machine)) {
    const { project, branch } = lowerPlace({ ...place, model: "" }, hash);
    database.run("UPDATE session SET project = ?, branch = ? WHERE key = ?", [project, branch, key]);
  }
}

/** Takes the directories out of where a machine's sessions began. Call only within a transaction. */
export function lowerOrigins(database: Database, machine: string, hash: KeyedHash): void {
  const sessions = database
    .query<{ source: string; session: string; directory: string }, string[]>(
      `SELECT assistant AS source, id AS session, directory FROM session_origin WHERE directory <> '' AND (assistant, id) IN (
         SELECT source, session FROM dimension_set WHERE machine = ?1 UNION SELECT source, session FROM session WHERE machine = ?1)`,
    )
    .all(machine);
  const put = database.query("UPDATE session_origin SET directory = ? WHERE assistant = ? AND id = ?");
  for (const { source, session: id, directory } of sessions)
    put.run(lowerPlace({ project: directory, branch: "", model: "" }, hash).project, source, id);
}
