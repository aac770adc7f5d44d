import { JsonlLog } from "../monitoring/JsonlLog.ts";
import { SqliteWriter } from "../monitoring/SqliteWriter.ts";
import type { Sink } from "./contract.ts";

/** Both: the files are the log, the database is its copy for SQL. */
export const hybrid: Sink = {
  name: "hybrid",
  meaning: "the files and the database",
  open({ directory, dbPath, maxSize, maxFiles }) {
    const log = new JsonlLog(directory, { maxSize, maxFiles });
    const database = new SqliteWriter(dbPath);
    return {
      append(kind, record) {
        const results = [log.append(kind, record), database.append(kind, record)];
        return results.includes("written") ? "written" : "known";
      },
      read: (kind, since) => log.read(kind, since),
      close: () => database.close(),
    };
  },
};
