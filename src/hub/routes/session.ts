import { z } from "zod";
import { FOREVER } from "../../model/calendar.ts";
import type { ActionItem, ResponseRow } from "../../ledger/rows.ts";
import { totalOf } from "../../model/tokens.ts";
import { microsOf } from "../../model/price.ts";
import { dollars } from "../../render/format.ts";
import { PawprintError } from "../../utils/errors.ts";
import { clean } from "../../utils/terminal.ts";
import { route } from "./contract.ts";
import { page, pageFields, pageOf } from "./shared/parameters.ts";
import { sessionSchema, sessionsOf } from "./shared/sessions.ts";
import { isoTime } from "./shared/times.ts";
import { selectedUsage } from "./shared/usage.ts";

/** Kinds of actions that a session's events show. */
const ACTIONS = ["prompt", "tool", "file", "git", "link", "agent", "compaction", "unrecorded"] as const;

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
type SessionEvent = z.infer<typeof eventSchema>;

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
    const { queries } = whole.place;
    const [found] = await sessionsOf({ ...whole, query: { ...whole.query, filter } });
    if (!found)
      throw new PawprintError("not_found", `there is no session ${clean(id, 200)}`, "GET /api/v1/sessions lists them");
    const responses = await queries.responses(filter);
    const actions: { at: number; event: Omit<SessionEvent, "turn"> }[] = responses.map((row) => {
      const pico = whole.costs.of(row, row.at);
      return { at: row.at, event: responseEvent(row, pico === null ? null : microsOf(pico)) };
    });
    for (const action of ACTIONS)
      for (const item of await queries.items(action, filter))
        actions.push({ at: item.at, event: actionEvent(action, item) });
    let turns = 0;
    const events = actions
      .toSorted((a, b) => a.at - b.at || Number(b.event.type === "prompt") - Number(a.event.type === "prompt"))
      .map(({ event }): SessionEvent => ({ ...event, turn: event.type === "prompt" ? ++turns : turns }));
    const { rows, ...more } = pageOf(events, { limit, offset });
    return { body: { session: found, turns, events: rows, ...more } };
  },
});

const NO_OUTCOME = { ok: null, durationMs: null, target: "", linesAdded: 0, linesRemoved: 0 };

const responseEvent = (row: ResponseRow, micros: number | null): Omit<SessionEvent, "turn"> => ({
  at: isoTime(row.at),
  type: "response",
  name: row.model,
  agent: row.agent,
  tokens: totalOf(row),
  cost: dollars(micros),
  ...NO_OUTCOME,
});

const actionEvent = (type: string, item: ActionItem): Omit<SessionEvent, "turn"> => ({
  at: isoTime(item.at),
  type,
  name: item.name,
  agent: "",
  tokens: null,
  cost: null,
  ok: item.ok === null ? null : item.ok === 1,
  durationMs: item.duration,
  target: item.target,
  linesAdded: item.added,
  linesRemoved: item.removed,
});
