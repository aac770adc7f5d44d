import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { runMigration } from "../../src/ledger/sqlite/run-migrations.ts";
import { migrations } from "../../src/ledger/sqlite/migrations/registry.ts";
import { factTables } from "../../src/ledger/tables/facts.ts";
import { schemaSql, tables } from "../../src/ledger/tables/schema.ts";
import { actionBucket, usageBucket, usageDay } from "../../src/ledger/tables/sums.ts";
import { columnsOf, measuresOf, rowOf, type RollUpTable, type LedgerTable } from "../../src/ledger/tables/table.ts";

/** Columns, keys and indexes of every table of a database, however its SQL is written. */
function schemaOf(database: Database): Record<string, unknown> {
  const all = (sql: string): unknown[] => database.query(sql).all();
  const names = database
    .query<{ name: string; wr: number }, []>(
      "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' ORDER BY name",
    )
    .all();
  return Object.fromEntries(
    names.map(({ name, wr }) => {
      const indexes = database
        .query<{ name: string; unique: number; partial: number }, []>(
          `SELECT name, "unique", partial FROM pragma_index_list('${name}') ORDER BY name`,
        )
        .all();
      const columns = all(`SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info('${name}')`);
      const entries = indexes.map((index) => [index, all(`SELECT name FROM pragma_index_info('${index.name}')`)]);
      return [name, { wr, columns, entries }];
    }),
  );
}

describe("the descriptions of the tables", () => {
  test("create the schema that the migrations make of the first version's ledger", () => {
    using upgraded = new Database(":memory:");
    for (const migration of migrations) runMigration(upgraded, migration);
    using created = new Database(":memory:");
    created.run(schemaSql());
    expect(schemaOf(created)).toEqual(schemaOf(upgraded));
    expect(Object.keys(schemaOf(created))).toEqual(expect.arrayContaining(tables.map(({ name }) => name)));
  });

  test("give a row its values by name: true becomes 1, the id of a dimension set is not known yet", () => {
    const row = rowOf(factTables.action);
    const { key, at, duration } = { key: "action:tool:t1", at: 5, duration: null };
    const texts = { action: "tool", name: "Bash", target: "", tool: "" };
    const fact = { length: 3, removed: 2, added: 1, ok: true, duration, at, ...texts, key };
    expect(row(fact)).toEqual([key, "tool", at, null, "Bash", 1, null, "", "", 1, 2, 3]);
  });

  test("sum only columns that the facts have, and store every sum", () => {
    const pairs: [RollUpTable, LedgerTable][] = [
      [usageBucket, factTables.response],
      [actionBucket, factTables.action],
      [usageDay, factTables.response],
    ];
    for (const [sums, facts] of pairs) {
      const used = Object.values(sums.measures).flatMap(({ column }) => column ?? []);
      expect(used.filter((column) => !Object.hasOwn(facts.columns, column))).toEqual([]);
      expect([...sums.key, ...measuresOf(sums)]).toEqual(columnsOf(sums));
    }
  });
});
