import { type LogRecord, type RecordKind, recordKinds } from "../model/record.ts";
import { type JsonlBounds, JsonlWriter } from "./JsonlWriter.ts";

/** The JSONL files of a log directory: usage.jsonl, status.jsonl, diagnostics.jsonl, limits.jsonl. */
export class JsonlLog {
  readonly #writers: Readonly<Record<RecordKind, JsonlWriter>>;

  constructor(directory: string, bounds: JsonlBounds) {
    this.#writers = Object.fromEntries(
      recordKinds.map((kind) => [kind, new JsonlWriter(`${directory}/${kind}.jsonl`, bounds)]),
    ) as Record<RecordKind, JsonlWriter>;
  }

  append(kind: RecordKind, record: LogRecord): "written" | "known" {
    return this.#writers[kind].append(record);
  }

  /** Returns the id of the newest record of a kind; null if there is none or its line is invalid. */
  lastId(kind: RecordKind): string | null {
    return parseRecord(this.#writers[kind].last() ?? "")?.id ?? null;
  }

  /** Yields the records since a time (epoch milliseconds), oldest file first. Skips lines that are not JSON objects with a timestamp. */
  *read(kind: RecordKind, since: number): Generator<LogRecord> {
    const from = new Date(Math.max(since, 0)).toISOString();
    for (const line of this.#writers[kind].lines(since)) {
      const record = parseRecord(line);
      if (record && record.timestamp >= from) yield record;
    }
  }
}

function parseRecord(line: string): LogRecord | null {
  try {
    const value: unknown = JSON.parse(line);
    const timestamp: unknown = (value as { timestamp?: unknown } | null)?.timestamp;
    return typeof timestamp === "string" ? (value as LogRecord) : null;
  } catch {
    return null;
  }
}
