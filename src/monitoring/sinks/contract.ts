import type { LogRecord, RecordKind } from "../../model/record.ts";
import type { RegistryItem } from "../../utils/registry.ts";

/** Where a sink keeps its things, and within which bounds. */
export interface SinkPlace {
  readonly directory: string;
  readonly dbPath: string;
  /** Bytes a log file never exceeds. */
  readonly maxSize: number;
  /** Rotated files kept. */
  readonly maxFiles: number;
}

/** A sink that was opened; only the holder of the log's lock may append. */
export interface OpenSink {
  /** Writes one record durably, once: "known" when a record of that id is there already. Throws when it cannot. */
  append(kind: RecordKind, record: LogRecord): "written" | "known";
  /** Records of a kind with a timestamp of at least `since` (epoch milliseconds), oldest first. */
  read(kind: RecordKind, since: number): Iterable<LogRecord>;
  /** What keeps records from a second place to which they also go, as a sentence; null where nothing does. */
  problem?(): string | null;
  close(): void;
}

/** One way to store records. */
export interface Sink extends RegistryItem {
  open(place: SinkPlace): OpenSink;
}
