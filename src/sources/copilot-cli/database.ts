import type { Place, SkipReason } from "../../model/observation.ts";
import { type Fields, fields, text, timeOf } from "../../utils/json.ts";
import type { Emitter, Phase, Tables } from "../contract.ts";
import { fingerprintOf, responseOf, type UsageEvent } from "./response.ts";

/** Reads the rows that were added since the last time: one for each response. */
export function* readDatabase(pass: Phase, tables: Tables, findings: Emitter): Generator<void> {
  if (tables.columns("assistant_usage_events").length === 0) return;
  const hasSessions = tables.columns("sessions").length > 0;
  const sessions = new Map<string, Fields>();
  const rows = tables.rows("SELECT * FROM assistant_usage_events WHERE id > ? ORDER BY id", lastOf(tables, findings));
  for (const row of rows) {
    const id = text(row["session_id"], 200);
    let session = sessions.get(id);
    if (!session) {
      const [found] = hasSessions ? [...tables.rows("SELECT * FROM sessions WHERE id = ?", id)] : [];
      sessions.set(id, (session = found ?? {}));
      if (pass === "activity") tellSession(id, session, findings);
    }
    if (pass === "usage") tellRow(row, placeOf(id, session, row), tables, findings);
    findings.memory = { last: Number(row["id"]) };
    yield;
  }
}

/** The last row that was read; 0 where its database gave way to another one. */
function lastOf(tables: Tables, findings: Emitter): number {
  const last = Number(fields(findings.memory)["last"] ?? 0);
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

function tellRow(row: Fields, place: Place, tables: Tables, findings: Emitter): void {
  const skip = (reason: SkipReason): void => findings.skipped(Number(row["id"]), reason);
  const told: UsageEvent = {
    model: text(row["model"], 200),
    input: row["input_tokens"],
    output: row["output_tokens"],
    cacheRead: row["cache_read_tokens"],
    cacheWrite: row["cache_write_tokens"],
    reasoning: row["reasoning_tokens"],
  };
  const at = timeIn(row["created_at"]);
  if (at === null) skip("no_time");
  const key = fingerprintOf(told, row["duration_ms"], row["time_to_first_token_ms"]);
  // Events name the subagent, so that they tell more of where it was.
  findings.observed(responseOf(key, place, at ?? tables.written, 1, told, skip));
}

function tellSession(session: string, known: Fields, findings: Emitter): void {
  const first = timeIn(known["created_at"]);
  if (!session || first === null) return;
  const place = { session, project: text(known["cwd"]), branch: text(known["branch"], 250), agent: "" };
  const last = Math.max(timeIn(known["updated_at"]) ?? first, first);
  findings.observed({
    kind: "session",
    key: `session:${session}`,
    body: { ...place, first, last, reason: null, version: "" },
  });
}

/** Epoch milliseconds of a time as the program writes it, or as SQLite does where it was left out: 2026-11-20 10:04:15, in UTC. */
const timeIn = (value: unknown): number | null => {
  const told = text(value, 40);
  return timeOf(/^[-\d]+ [:\d]+$/.test(told) ? `${told.replace(" ", "T")}Z` : told);
};
