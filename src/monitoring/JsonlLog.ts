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

  /** The id of the newest record of a kind; null where there is none, or it cannot be told. */
  lastId(kind: RecordKind): string | null {
    return parsed(this.#writers[kind].last() ?? "")?.id ?? null;
  }

  /** Records of at least that age, oldest file first; lines that are no JSON object with a timestamp are passed over. */
  *read(kind: RecordKind, since: number): Generator<LogRecord> {
    const from = new Date(Math.max(since, 0)).toISOString();
    for (const line of this.#writers[kind].lines(since)) {
      const record = parsed(line);
      if (record && record.timestamp >= from) yield record;
    }
  }
}

function parsed(line: string): LogRecord | null {
  try {
    const value: unknown = JSON.parse(line);
    const timestamp: unknown = (value as { timestamp?: unknown } | null)?.timestamp;
    return typeof timestamp === "string" ? (value as LogRecord) : null;
  } catch {
    return null;
  }
}
