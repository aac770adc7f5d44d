import type { Place, SkipReason } from "../../model/observation.ts";
import { type Fields, fields, text, timeOf } from "../../utils/json.ts";
import type { Emitter, Phase, Tables } from "../contract.ts";
import { fingerprintOf, responseOf, type UsageEvent } from "./response.ts";

/** Reads the rows added since the last scan. Each row is a response. */
export function* readDatabase(phase: Phase, tables: Tables, emitter: Emitter): Generator<void> {
  if (tables.columns("assistant_usage_events").length === 0) return;
  const hasSessions = tables.columns("sessions").length > 0;
  const sessions = new Map<string, Fields>();
  const rows = tables.rows(
    "SELECT * FROM assistant_usage_events WHERE id > ? ORDER BY id",
    lastReadRow(tables, emitter),
  );
  for (const row of rows) {
    const id = text(row["session_id"], 200);
    let session = sessions.get(id);
    if (!session) {
      const [found] = hasSessions ? [...tables.rows("SELECT * FROM sessions WHERE id = ?", id)] : [];
      sessions.set(id, (session = found ?? {}));
      if (phase === "activity") emitSession(id, session, emitter);
    }
    if (phase === "usage") emitRow(row, placeOf(id, session, row), tables, emitter);
    emitter.memory = { last: Number(row["id"]) };
    yield;
  }
}

/** Returns the id of the last row that was read, or 0 if the database was replaced by another one. */
function lastReadRow(tables: Tables, emitter: Emitter): number {
  const last = Number(fields(emitter.memory)["last"] ?? 0);
  if (last === 0) return 0;
  const [row] = [...tables.rows("SELECT max(id) AS last FROM assistant_usage_events")];
  return last > Number(row?.["last"] ?? 0) ? 0 : last;
}

const placeOf = (session: string, known: Fields, row: Fields): Place => ({
  session,
  project: text(known["cwd"]),
  branch: text(known["branch"], 250),
  agent: text(row["agent_id"]) && "subagent",
});

function emitRow(row: Fields, place: Place, tables: Tables, emitter: Emitter): void {
  const skip = (reason: SkipReason): void => emitter.skip(Number(row["id"]), reason);
  const usage: UsageEvent = {
    model: text(row["model"], 200),
    input: row["input_tokens"],
    output: row["output_tokens"],
    cacheRead: row["cache_read_tokens"],
    cacheWrite: row["cache_write_tokens"],
    reasoning: row["reasoning_tokens"],
  };
  const at = timeIn(row["created_at"]);
  if (at === null) skip("no_time");
  const key = fingerprintOf(usage, row["duration_ms"], row["time_to_first_token_ms"]);
  // Copy 1: events win over rows because they name the subagent.
  emitter.emit(responseOf(key, place, at ?? tables.modifiedAt, 1, usage, skip));
}

function emitSession(session: string, known: Fields, emitter: Emitter): void {
  const first = timeIn(known["created_at"]);
  if (!session || first === null) return;
  const place = { session, project: text(known["cwd"]), branch: text(known["branch"], 250), agent: "" };
  const last = Math.max(timeIn(known["updated_at"]) ?? first, first);
  emitter.emit({
    kind: "session",
    key: `session:${session}`,
    body: { ...place, first, last, reason: null, version: "" },
  });
}

/**
 * Returns a time as the program writes it, or as SQLite does by default (2026-11-20 10:04:15, in UTC), in epoch
 * milliseconds.
 */
const timeIn = (value: unknown): number | null => {
  const time = text(value, 40);
  return timeOf(/^[-\d]+ [:\d]+$/.test(time) ? `${time.replace(" ", "T")}Z` : time);
};
