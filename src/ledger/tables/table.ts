/** What follows a value in SQL that is to be in a list; the parameter is the list as JSON. */
export const IN_LIST = "IN (SELECT value FROM json_each(?))";

/** A value of a table's column. */
export type ColumnValue = string | number | null;

/**
 * One table of the ledger, described once: its DDL, inserts, rows and sums follow from this, and nothing goes by the
 * position of a column.
 */
export interface LedgerTable<Column extends string = string> {
  readonly name: string;
  /** The columns in order, and what follows the name of each in SQL. */
  readonly columns: Readonly<Record<Column, string>>;
  /** The columns of the primary key; empty if a column is declared as INTEGER PRIMARY KEY. */
  readonly key: readonly NoInfer<Column>[];
  /** Columns that are unique together, besides the primary key. */
  readonly unique?: readonly NoInfer<Column>[];
  /** Indexes: the name of each, and what follows the table's name in SQL. */
  readonly indexes?: Readonly<Record<string, string>>;
}

/** Sums of facts; their columns are the key and the measures. */
export interface RollUpTable<Column extends string = string> extends LedgerTable<Column> {
  readonly measures: Readonly<Record<string, Measure>>;
}

/** What one fact adds to a sum. */
export interface Measure {
  /** The column of the fact; null if only the number of facts matters. */
  readonly column: string | null;
  /** What a value of that column adds; the value itself if missing. */
  readonly of?: (cell: ColumnValue) => number;
}

/** Describes a table. */
export const table = <Column extends string>(description: LedgerTable<Column>): LedgerTable<Column> => description;

/** Describes a table of sums. */
export const rollUp = <Column extends string>(description: RollUpTable<Column>): RollUpTable<Column> => description;

/**
 * Types of columns; a `later` one is of a column that a migration added to existing rows. A row without a `required`
 * value is an error even for INSERT OR IGNORE, which skips a row that lacks a NOT NULL value: json() fails on its text.
 */
export const sqlTypes = {
  text: "TEXT NOT NULL",
  integer: "INTEGER NOT NULL",
  real: "REAL NOT NULL",
  requiredInteger: "INTEGER NOT NULL DEFAULT (json('a value is required'))",
  laterText: "TEXT NOT NULL DEFAULT ''",
  laterInteger: "INTEGER NOT NULL DEFAULT 0",
  laterReader: "INTEGER NOT NULL DEFAULT 1",
} as const;

/** The field of a row for a column: cacheWrite5m for cache_write_5m. */
type Camel<Column extends string> = Column extends `${infer Head}_${infer Rest}`
  ? `${Head}${Capitalize<Camel<Rest>>}`
  : Column;

/** The column of a fact that holds the id of its dimension set, which only the database knows. */
export const DIMENSION_ID = "dimension_id";

/** An object with a field for each column, except for the id of a dimension set. */
export type RowFields<Column extends string> = {
  readonly [Name in Exclude<Column, typeof DIMENSION_ID> as Camel<Name>]: ColumnValue | boolean;
};

/** A table's columns in order, without some of them. */
export function columnsOf<Column extends string, Without extends Column = never>(
  { columns }: LedgerTable<Column>,
  ...without: readonly Without[]
): Exclude<Column, Without>[] {
  const left = new Set<string>(without);
  return Object.keys(columns).filter((name): name is Exclude<Column, Without> => !left.has(name));
}

/** The row field of a column: cache_write_5m is cacheWrite5m. */
export const fieldOf = (column: string): string => column.replace(/_(.)/g, (_, next: string) => next.toUpperCase());

/** Columns in SQL, separated by commas; `write` returns the SQL of each. */
export const columnList = (columns: readonly string[], write = (column: string): string => column): string =>
  columns.map(write).join(", ");

/** Columns in SQL, named by row field. */
export const byField = (columns: readonly string[]): string =>
  columnList(columns, (column) => `${column} AS ${fieldOf(column)}`);

/** The names of a roll-up's measures. */
export const measuresOf = ({ measures }: RollUpTable): string[] => Object.keys(measures);

/** The measure that counts the facts. Throws if the roll-up has none: its rows without facts could not be found. */
export function factCountOf({ name, measures }: RollUpTable): string {
  const found = Object.keys(measures).find((measure) => measures[measure]?.column === null);
  if (found === undefined) throw new Error(`${name} does not count its facts`);
  return found;
}

/** The SQL that creates a table and its indexes. */
export function createSql({ name, columns, key, unique, indexes = {} }: LedgerTable): string {
  const lines = [
    ...Object.entries(columns).map(([column, type]) => `${column} ${type}`),
    ...(key.length > 0 ? [`PRIMARY KEY (${key.join(", ")})`] : []),
    ...(unique ? [`UNIQUE (${unique.join(", ")})`] : []),
  ];
  const options = key.length > 0 ? " WITHOUT ROWID" : "";
  return [
    `CREATE TABLE ${name} (${lines.join(", ")})${options};`,
    ...Object.entries(indexes).map(([index, on]) => `CREATE INDEX ${index} ON ${name} ${on};`),
  ].join("\n");
}

/** The SQL that inserts one row with a value for each of these columns, in their order. */
export const insertSql = (
  { name }: LedgerTable,
  columns: readonly string[],
  verb: "INSERT" | "INSERT OR IGNORE" | "INSERT OR REPLACE" = "INSERT OR IGNORE",
): string => `${verb} INTO ${name} (${columnList(columns)}) VALUES (${columnList(columns, () => "?")})`;

/** The SQL of a condition under which all these columns have given values. */
export const equalSql = (columns: readonly string[]): string => columns.map((column) => `${column} = ?`).join(" AND ");

/** The SQL that adds to the measures of a row, or inserts it. `rows` is what follows the list of columns. */
export function addSql(table: RollUpTable, rows: string): string {
  const measures = measuresOf(table);
  const updates = columnList(measures, (column) => `${column} = ${column} + excluded.${column}`);
  return `INSERT INTO ${table.name} (${columnList([...table.key, ...measures])}) ${rows}
    ON CONFLICT (${columnList(table.key)}) DO UPDATE SET ${updates}`;
}

/**
 * Returns a function that makes the values of a table's row from an object with a field for each column, except some. True
 * becomes 1. The id of a dimension set is null until `Dimensions` has given it.
 */
export function rowOf<Column extends string, Without extends Column = never>(
  from: LedgerTable<Column>,
  ...without: readonly Without[]
): (fields: RowFields<Exclude<Column, Without>>) => ColumnValue[] {
  let make: ((fields: RowFields<Exclude<Column, Without>>) => ColumnValue[]) | null = null;
  // Compiled on the first call: a report that writes nothing does without.
  return (fields) => (make ??= compiledRow(columnsOf(from, ...without), from.columns))(fields);
}

function compiledRow<Column extends string>(
  columns: readonly Column[],
  types: Readonly<Record<Column, string>>,
): (fields: RowFields<NoInfer<Column>>) => ColumnValue[] {
  const valueOf = (column: Column): string => {
    if (column === DIMENSION_ID) return "null";
    const value = `row.${fieldOf(column)}`;
    if (!types[column].includes("NOT NULL")) return `cell(${value})`;
    return types[column].startsWith("TEXT") ? value : `+${value}`;
  };
  const values = columns.map(valueOf);
  // Compiled: reading fields by a variable name takes three times as long, for every response of a first scan.
  // oxlint-disable-next-line typescript/no-implied-eval
  const build = new Function("cell", `return (row) => [${values.join(", ")}]`) as (
    cell: (value: ColumnValue | boolean | undefined) => ColumnValue,
  ) => (fields: RowFields<NoInfer<Column>>) => ColumnValue[];
  return build((value) => (typeof value === "boolean" ? +value : (value ?? null)));
}
