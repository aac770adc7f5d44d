import { z } from "zod";
import { totalOf } from "../../model/tokens.ts";
import { sessionKey } from "../../reports/shared/assistants.ts";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";
import { selectedUsage } from "./shared/usage.ts";

const countsSchema = z.record(z.string(), z.number());

/** Numbers of messages, as other collectors show them. */
export const apiStats = route({
  name: "api-stats",
  description: "numbers of sessions, messages and tokens, by assistant and by type of message",
  method: "GET",
  path: "/api/stats",
  scope: "read",
  params: noParameters,
  answer: z.object({
    sessions: z.number(),
    messages: z.number(),
    tokens: z.number(),
    machines: z.number(),
    by_source: countsSchema,
    by_type: countsSchema,
  }),
  async read(_, context) {
    const { query, place, members } = await selectedUsage({}, context);
    const bySource = new Map<string, number>();
    const byType = new Map<string, number>();
    let tokens = 0;
    const add = (source: string, type: string, count: number): void => {
      bySource.set(source, (bySource.get(source) ?? 0) + count);
      byType.set(type, (byType.get(type) ?? 0) + count);
    };
    for (const row of await place.queries.usage(query.filter, query.intervals, ["source"])) {
      add(row.source, "assistant", row.responses);
      tokens += totalOf(row);
    }
    for (const { action, source, count } of await place.queries.actions(query.filter, query.intervals, ["source"])) {
      if (action === "prompt") add(source, "user", count);
      if (action === "tool") add(source, "tool_call", count);
    }
    const sessions = new Set((await place.queries.sessions(query.filter)).map(sessionKey));
    const { database } = context.ledger;
    const uploaded = database
      .query<{ source: string; type: string; count: number; tokens: number }, []>(UPLOADED)
      .all();
    for (const { source, type, count, tokens: some } of uploaded) {
      add(source, type, count);
      tokens += some;
    }
    for (const row of database.query<{ source: string; session: string }, []>(UPLOADED_SESSIONS).all())
      sessions.add(sessionKey(row));
    return {
      body: {
        sessions: sessions.size,
        messages: [...byType.values()].reduce((sum, count) => sum + count, 0),
        tokens,
        machines: members.size,
        by_source: Object.fromEntries(bySource),
        by_type: Object.fromEntries(byType),
      },
    };
  },
});

const UPLOADED = `SELECT source, type, COUNT(*) AS count, SUM(input + output + cache_write + cache_read) AS tokens
  FROM upload_message GROUP BY source, type`;
const UPLOADED_SESSIONS = `SELECT source, session FROM upload_message GROUP BY source, session
  UNION SELECT source, id FROM upload_session`;
