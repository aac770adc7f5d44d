import { z } from "zod";
import { FOREVER } from "../../model/calendar.ts";
import type { ActionItem, ResponseRow } from "../../ledger/rows.ts";
import { totalOf } from "../../model/tokens.ts";
import { historyOf } from "../../reports/shared/session/history.ts";
import { microsOf } from "../../model/price.ts";
import { dollars } from "../../render/format.ts";
import { PawprintError } from "../../utils/errors.ts";
import { clean } from "../../utils/terminal.ts";
import { route } from "./contract.ts";
import { page, pageFields, pageOf } from "./shared/parameters.ts";
import { sessionSchema, sessionsOf } from "./shared/sessions.ts";
import { isoTime } from "./shared/times.ts";
import { selectedUsage } from "./shared/usage.ts";

/** What happened in a session: a response, or an action. */
const eventSchema = z.object({
  at: z.string(),
  /** "response", or the kind of the action. */
  type: z.string(),
  /** The model of a response; the tool, the operation or the file's change of an action. */
  name: z.string(),
  /** The turn, counted from 1; 0 before the first prompt. */
  turn: z.number(),
  agent: z.string(),
  tokens: z.number().nullable(),
  cost: z.number().nullable(),
  ok: z.boolean().nullable(),
  durationMs: z.number().nullable(),
  target: z.string(),
  linesAdded: z.number(),
  linesRemoved: z.number(),
});
type EventJson = z.infer<typeof eventSchema>;

/** One session: its sums, and what happened in it, in order. */
export const session = route({
  name: "session",
  description: "one session: its sums, and its responses, tool uses and other events in order, with the turn of each",
  method: "GET",
  path: "/api/v1/sessions/:session",
  scope: "read",
  params: z.strictObject({ session: z.string().max(1_000), source: z.string().max(100).optional(), ...page }),
  answer: z.object({ session: sessionSchema, turns: z.number(), events: z.array(eventSchema), ...pageFields }),
  async read({ session: id, source, limit, offset }, context) {
    const whole = await selectedUsage({ source }, context);
    const filter = { from: 0, to: FOREVER, source, session: id };
    const [found] = await sessionsOf({ ...whole, query: { ...whole.query, filter } });
    if (!found)
      throw new PawprintError("not_found", `there is no session ${clean(id, 200)}`, "GET /api/v1/sessions lists them");
    const history = await historyOf(whole.place.queries, { source, session: id });
    const events = history.events.map(({ at, turn, response, action }): EventJson => ({
      at: isoTime(at),
      turn,
      ...(response ? responseEvent(response, whole.costs.of(response, at)) : actionEvent(action)),
    }));
    const turns = history.events.at(-1)?.turn ?? 0;
    const { rows, ...more } = pageOf(events, { limit, offset });
    return { body: { session: found, turns, events: rows, ...more } };
  },
});

const NO_OUTCOME = { ok: null, durationMs: null, target: "", linesAdded: 0, linesRemoved: 0 };

const responseEvent = (row: ResponseRow, pico: bigint | null): Omit<EventJson, "at" | "turn"> => ({
  type: "response",
  name: row.model,
  agent: row.agent,
  tokens: totalOf(row),
  cost: dollars(pico === null ? null : microsOf(pico)),
  ...NO_OUTCOME,
});

const actionEvent = (item: ActionItem): Omit<EventJson, "at" | "turn"> => ({
  type: item.action,
  name: item.name,
  agent: item.agent,
  tokens: null,
  cost: null,
  ok: item.ok === null ? null : item.ok === 1,
  durationMs: item.duration,
  target: item.target,
  linesAdded: item.added,
  linesRemoved: item.removed,
});
