import { z } from "zod";
import { shortText, sourceName } from "../uploads/messages.ts";
import { route } from "./contract.ts";
import { page, pageFields, pageOf } from "./shared/parameters.ts";
import { sessionsOf } from "./shared/sessions.ts";
import { isoTime } from "./shared/times.ts";
import { selectedUsage } from "./shared/usage.ts";

const sessionSchema = z.object({
  id: z.string(),
  source: z.string(),
  machine: z.string(),
  project: z.string(),
  started_at: z.string().nullable(),
  last_active_at: z.string(),
  message_count: z.number(),
  total_tokens: z.number(),
});
type Listed = z.infer<typeof sessionSchema>;

/** Sessions, as other collectors list them. */
export const apiSessions = route({
  name: "api-sessions",
  description: "sessions of journals and uploads, the one that was active last first",
  method: "GET",
  path: "/api/sessions",
  scope: "read",
  params: z.strictObject({ source: sourceName.optional(), id: shortText.optional(), ...page }),
  answer: z.object({ sessions: z.array(sessionSchema), ...pageFields }),
  async read({ source, id, limit, offset }, context) {
    const found = await selectedUsage({}, context);
    const { query, members } = found;
    const filter = { ...query.filter, source, session: id };
    const observed = (await sessionsOf({ ...found, query: { ...query, filter } })).map((one): Listed => ({
      id: one.session,
      source: one.source,
      machine: one.machine,
      project: one.project,
      started_at: one.startedAt,
      last_active_at: one.lastActiveAt,
      message_count: one.responses,
      total_tokens: one.totalTokens,
    }));
    const uploaded = context.ledger.database
      .query<UploadedSession, (string | null)[]>(UPLOADED)
      .all(source ?? null, id ?? null)
      .map((one): Listed => {
        const { started, last, machine, ...rest } = one;
        return {
          ...rest,
          machine: members.get(machine)?.name ?? machine,
          started_at: started === null ? null : isoTime(started),
          last_active_at: isoTime(last),
        };
      });
    const all = [...observed, ...uploaded].toSorted((a, b) => b.last_active_at.localeCompare(a.last_active_at));
    const { rows, ...more } = pageOf(all, { limit, offset });
    return { body: { sessions: rows, ...more } };
  },
});

interface UploadedSession extends Pick<
  Listed,
  "id" | "source" | "machine" | "project" | "message_count" | "total_tokens"
> {
  readonly started: number | null;
  readonly last: number;
}

/** Sessions that were uploaded, or that uploaded messages name. */
const UPLOADED = `
  WITH named AS (
    SELECT machine, source, id, project, started, seen AS last, 0 AS messages, 0 AS tokens FROM upload_session
    UNION ALL
    SELECT machine, source, session, '', MIN(at), MAX(at), COUNT(*), SUM(input + output + cache_write + cache_read)
    FROM upload_message GROUP BY machine, source, session
  )
  SELECT id, source, machine, MAX(project) AS project, MIN(started) AS started, MAX(last) AS last,
    SUM(messages) AS message_count, SUM(tokens) AS total_tokens
  FROM named WHERE (?1 IS NULL OR source = ?1) AND (?2 IS NULL OR id = ?2) GROUP BY machine, source, id`;
