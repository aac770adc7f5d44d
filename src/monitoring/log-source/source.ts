import { basename } from "node:path";
import {
  type Emitter,
  type LineStore,
  objectsIn,
  type Phase,
  type Source,
  type TableStore,
} from "../../sources/contract.ts";
import { LOG_SOURCE } from "../../model/log-observation.ts";
import { dateOf, type Fields, fields, parseValue } from "../../utils/json.ts";
import { type AccountAt, findingOf, type LastObserved, limitsOf, statusOf } from "./observations.ts";
import { changesOf, signInAt, signInOf, SignIns } from "./SignIns.ts";

/** Where this machine's log is. */
export interface LogPlace {
  readonly directory: string;
  /** The database of the log; null where its records are in files. */
  readonly database: string | null;
}

/**
 * Our own log as a source: limits with their account, findings, versions and plans. It is no assistant and only a machine that
 * sends its observations to a hub reads it, so it is not in the registry.
 */
export const logSource = ({ directory, database }: LogPlace): Source => ({
  name: LOG_SOURCE,
  title: "Pawprint's log",
  description: "limits of accounts, findings about the installation, versions and plans",
  tested: null,
  stores: [logFiles(directory), ...(database === null ? [] : [logTables(database)])],
  caveats:
    "A sign-in with another account is known from the next status record on; readings until then count for the account before.",
  gaps: [{ what: "limits of other assistants", why: "they are read from the files of these assistants" }],
});

/** The files of the log and of its rotation; fragments of torn lines are left out, since their records were written again. */
function logFiles(directory: string): LineStore {
  const signIns = new SignIns();
  return {
    kind: "lines",
    name: "log",
    roots: () => [directory],
    owns: (path) => /^(?:usage|status|diagnostics)\.jsonl(?:\.\d{6,})?$/.test(path),
    enters: () => false,
    read(phase, chunk, emitter) {
      // A log has no session activity.
      if (phase === "activity") return;
      const [kind = ""] = basename(chunk.path).split(".");
      let accountAt: AccountAt | null = null;
      for (const { line, place } of objectsIn(chunk, emitter)) {
        accountAt ??= kind === "usage" ? signIns.accountsBeside(chunk) : () => "";
        emitRecord(kind, line, place, accountAt, emitter);
      }
    },
  };
}

/** The tables of the log and the columns that are read; those in `json` contain JSON. */
const TABLES = {
  usage: { table: "usage_logs", columns: ["id", "timestamp"], json: ["usage_data", "statusline"] },
  status: {
    table: "status_logs",
    columns: ["id", "timestamp", "email", "version"],
    json: ["status_data", "diagnostics"],
  },
  diagnostics: {
    table: "diagnostics",
    columns: ["id", "timestamp", "diagnostic_type", "severity", "message", "state"],
    json: ["details"],
  },
} as const;
/** Records after which a batch may end. */
const ROWS_PER_BATCH = 1_000;

/** The rows that were read of each table, and what was last observed. */
interface TablesMemory {
  readonly rows: Readonly<Record<string, number>>;
  readonly last: LastObserved;
}

/** The log where its records are in a database. */
function logTables(database: string): TableStore {
  return {
    kind: "tables",
    name: "log-database",
    roots: () => [database],
    owns: () => true,
    enters: () => false,
    *read(phase: Phase, tables, emitter) {
      // Another program may have put its own database where the setting points.
      if (phase === "activity" || Object.values(TABLES).some(({ table }) => tables.columns(table).length === 0)) return;
      const memory = fields(emitter.memory) as Partial<TablesMemory>;
      const rows: Record<string, number> = { ...memory.rows };
      let state: unknown = memory.last ?? null;
      const statuses = [...tables.rows("SELECT id, timestamp, email FROM status_logs")];
      const signIns = changesOf(statuses.map(signInOf).filter((one) => one !== null));
      const accountAt: AccountAt = (scope, at) => signInAt(signIns, scope, at)?.account ?? "";
      for (const [kind, { table, columns, json }] of Object.entries(TABLES)) {
        const selected = [...columns, ...json].join(", ");
        const sql = `SELECT rowid AS row, ${selected} FROM ${table} WHERE rowid > ? ORDER BY rowid`;
        for (const found of tables.rows(sql, rows[kind] ?? 0)) {
          const record: Record<string, unknown> = { ...found };
          for (const name of json) record[name] = parseValue(String(found[name]));
          const inner: Emitter = { ...emitter, emit: (one) => emitter.emit(one), memory: state };
          emitRecord(kind, record, Number(found["row"]), accountAt, inner);
          state = inner.memory;
          rows[kind] = Number(found["row"]);
          emitter.memory = { rows, last: state };
          if (rows[kind] % ROWS_PER_BATCH === 0) yield;
        }
      }
    },
  };
}

/** Emits what one record says; `emitter.memory` is what was last observed. */
function emitRecord(kind: string, record: Fields, place: number, accountAt: AccountAt, emitter: Emitter): void {
  if (dateOf(record["timestamp"]) === null) return emitter.skip(place, "no_time");
  if (kind === "diagnostics") {
    const finding = findingOf(record);
    if (finding) emitter.emit(finding);
    else emitter.skip(place, "unknown_format");
    return;
  }
  const before = fields(emitter.memory) as LastObserved;
  const { observations, last } = kind === "usage" ? limitsOf(record, accountAt, before) : statusOf(record, before);
  for (const one of observations) emitter.emit(one);
  emitter.memory = last;
}
