import { SqliteWriter } from "../SqliteWriter.ts";
import type { Sink } from "./contract.ts";

/** Stores records in one SQLite database. */
export const sqlite: Sink = {
  name: "sqlite",
  description: "tables usage_logs, status_logs, diagnostics and limit_logs in PET_LOG_DB_PATH",
  open: ({ dbPath }) => new SqliteWriter(dbPath),
};
