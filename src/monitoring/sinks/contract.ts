import type { LoggedRecord, LogRecord, RecordKind } from "../../model/record.ts";
import type { RegistryItem } from "../../utils/registry.ts";

/** Where a sink stores records, and its size limits. */
export interface SinkPlace {
  readonly directory: string;
  readonly dbPath: string;
  /** Maximum bytes of a log file. */
  readonly maxSize: number;
  /** Number of rotated files kept. */
  readonly maxFiles: number;
}

/** An open sink. Only the holder of the log's lock may append. */
export interface OpenSink {
  /** Writes one record durably; returns "known" if a record with its id already exists. Throws if writing fails. */
  append(kind: RecordKind, record: LogRecord): "written" | "known";
  /** Returns the records of a kind with a timestamp of at least `since` (epoch milliseconds), oldest first. */
  read(kind: RecordKind, since: number): Iterable<LoggedRecord>;
  /** Returns a sentence if records could not be copied to the second store; else null. */
  problem?(): string | null;
  close(): void;
}

/** A way to store records. */
export interface Sink extends RegistryItem {
  open(place: SinkPlace): OpenSink;
}
