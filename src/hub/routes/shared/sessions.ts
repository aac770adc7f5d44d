import { z } from "zod";
import { FOREVER } from "../../../model/calendar.ts";
import { BUCKET_MS, type SessionRow, type UsageRow } from "../../../ledger/rows.ts";
import { sessionKey } from "../../../reports/shared/assistants.ts";
import { UsageGroups } from "../../../reports/shared/usage/groups.ts";
import { type SelectedUsage, usageOf, usageSchema } from "./usage.ts";
import { isoTime } from "./times.ts";

/** A session as the API shows it. */
export const sessionSchema = usageSchema.extend({
  session: z.string(),
  source: z.string(),
  machine: z.string(),
  person: z.string(),
  project: z.string(),
  branch: z.string(),
  startedAt: z.string(),
  lastActiveAt: z.string(),
  endReason: z.string().nullable(),
  version: z.string(),
});

/** Sessions with usage or activity in the query's range, the one that was active last first; their usage is that of the range. */
export async function sessionsOf({
  query,
  place,
  costs,
  members,
}: SelectedUsage): Promise<z.infer<typeof sessionSchema>[]> {
  const { filter, intervals } = query;
  const rows = await place.queries.usage(filter, intervals, ["source", "session", "project", "machine", "bucket"]);
  const groups = new UsageGroups<string>(costs);
  for (const row of rows) groups.addRow(sessionKey(row), row);
  // A session without usage counts as well, but only where nothing but time and place is selected: it has no model.
  const active = filter.model === undefined ? await place.queries.sessions(filter) : [];
  const known = Map.groupBy(active, sessionKey);
  const used = Map.groupBy(rows, sessionKey);
  const totals = new UsageGroups<string>(costs).all.all;
  return [...new Set([...used.keys(), ...known.keys()])]
    .map((key) => {
      const [usageRows, sessionRows] = [used.get(key) ?? [], known.get(key) ?? []];
      const [row, session] = [usageRows[0], sessionRows[0]];
      const { first, last } = timesOf(usageRows, sessionRows);
      const member = members.get(row?.machine ?? "");
      return {
        last,
        shown: {
          session: row?.session ?? session?.session ?? "",
          source: row?.source ?? session?.source ?? "",
          machine: member?.name ?? row?.machine ?? "",
          person: member?.person ?? "",
          project: row?.project ?? session?.project ?? "",
          branch: session?.branch ?? "",
          startedAt: isoTime(first),
          lastActiveAt: isoTime(last),
          endReason: session?.reason ?? null,
          version: session?.version ?? "",
          ...usageOf(groups.byKey.get(key)?.all ?? totals),
        },
      };
    })
    .toSorted((a, b) => b.last - a.last)
    .map(({ shown }) => shown);
}

/** The times of a session: what it says itself, and the buckets of its usage where it does not reach them. */
function timesOf(usage: readonly UsageRow[], sessions: readonly SessionRow[]): { first: number; last: number } {
  const starts = usage.map(({ bucket }) => bucket * BUCKET_MS);
  const first = [...sessions.map((one) => one.first), ...(sessions.length === 0 ? starts : [])];
  const last = [...sessions.map((one) => one.last), ...(sessions.length === 0 ? starts : [])];
  return {
    first: first.reduce((a, b) => Math.min(a, b), FOREVER - 1),
    last: last.reduce((a, b) => Math.max(a, b), 0),
  };
}
