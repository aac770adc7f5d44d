import type { RegistryItem } from "../../utils/registry.ts";
import type { OpenLog } from "../types.ts";

/** Where a sink stores records, and its size limits. */
export interface SinkPlace {
  readonly directory: string;
  readonly dbPath: string;
  /** Maximum bytes of a log file. */
  readonly maxSize: number;
  /** Number of rotated files kept. */
  readonly maxFiles: number;
}

/** An open sink. */
export interface OpenSink extends OpenLog {
  close(): void;
}

/** A way to store records. */
export interface Sink extends RegistryItem {
  open(place: SinkPlace): OpenSink;
}
