import { jsonlWriters } from "../JsonlWriter.ts";
import { SqliteWriter } from "../SqliteWriter.ts";
import type { RecordKind } from "../../model/record.ts";
import { messageOf } from "../../utils/errors.ts";
import type { Sink } from "./contract.ts";

/**
 * Missing records are searched from this long before the database's newest record (milliseconds), because the clock
 * may have been set back.
 */
const MARGIN_MS = 90_000_000;
/** How long a failed database is not tried again, milliseconds: each attempt at a locked one waits for 2 s. */
const REST_MS = 30_000;

/**
 * Stores records in both: the files are the log, the database is a copy for SQL. Records missing in the copy, because it was
 * locked or a worker was killed between the two writes, are copied with the next record.
 */
export const hybrid: Sink = {
  name: "hybrid",
  description: "both: the files and the database",
  open({ directory, dbPath, maxSize, maxFiles }) {
    const files = jsonlWriters(directory, { maxSize, maxFiles });
    const database = new SqliteWriter(dbPath);
    const caughtUp = new Set<RecordKind>();
    let problem: string | null = null;
    let retryAt = 0;
    const catchUp = (kind: RecordKind, lastId: string | null): void => {
      const last = database.last(kind);
      if (lastId !== null && last?.id !== lastId) {
        const since = last === null ? 0 : Date.parse(last.timestamp) - MARGIN_MS;
        database.appendAll(kind, files[kind].read(Number.isFinite(since) ? since : 0));
      }
      caughtUp.add(kind);
    };
    return {
      append(kind, record) {
        const lastId = caughtUp.has(kind) ? null : files[kind].lastId();
        const result = files[kind].append(record);
        if (problem !== null && performance.now() < retryAt) return result;
        try {
          if (!caughtUp.has(kind)) catchUp(kind, lastId);
          const copied = database.append(kind, record);
          problem = null;
          return copied === "written" ? copied : result;
        } catch (error) {
          // The record is safe in the file and is copied when the database is writable again.
          caughtUp.clear();
          retryAt = performance.now() + REST_MS;
          problem = `${dbPath} lacks records that are in the files: ${messageOf(error)}`;
          return result;
        }
      },
      read: (kind, since) => files[kind].read(since),
      problem: () => problem,
      close: () => database.close(),
    };
  },
};
