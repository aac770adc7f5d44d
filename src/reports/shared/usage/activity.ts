import type { SqliteQueries } from "../../../ledger/sqlite/SqliteQueries.ts";
import { BUCKET_MS } from "../../../ledger/sqlite/RollUp.ts";
import type { Filter, SessionRow, UsageRow } from "../../../ledger/rows.ts";
import { sessionKey } from "../assistants.ts";

/** The first and last activity of a session within a range (epoch ms), and the project with most of its responses. */
export interface Activity {
  readonly source: string;
  readonly session: string;
  readonly project: string;
  readonly first: number;
  readonly last: number;
}

/**
 * Activity of sessions by `sessionKey`. `rows` is usage by 15-minute bucket, which gives the first and last bucket; the exact
 * times are the session's own start and end where they are close to those. The responses in the bucket are queried where the
 * session is not read yet, where a copy in another file extends it far beyond, and where its times are out of the range.
 */
export function activityOf(rows: readonly UsageRow[], queries: SqliteQueries, filter: Filter): Map<string, Activity> {
  const { from, to } = filter;
  const known = Map.groupBy(queries.sessions({ from, to }), sessionKey);
  return new Map(
    [...Map.groupBy(rows, sessionKey)].map(([key, sessionRows]) => {
      const { source = "", session = "" } = sessionRows[0] ?? {};
      const starts = sessionRows.map(({ bucket }) => bucket * BUCKET_MS);
      const [begin, end] = [starts.reduce((a, b) => Math.min(a, b)), starts.reduce((a, b) => Math.max(a, b))];
      const bounds = boundsOf(known.get(key) ?? []);
      const bucketFilter = (start: number): Filter => ({
        ...filter,
        source,
        session,
        from: start,
        to: start + BUCKET_MS,
      });
      const isFirstExact = bounds.first >= Math.max(from, begin - BUCKET_MS) && bounds.first < begin + BUCKET_MS;
      const isLastExact = bounds.last < Math.min(to, end + 2 * BUCKET_MS) && bounds.last >= end;
      return [
        key,
        {
          source,
          session,
          project: mostUsedProject(sessionRows),
          first: isFirstExact ? bounds.first : (queries.firstAt(bucketFilter(begin)) ?? begin),
          last: isLastExact ? bounds.last : (queries.lastAt(bucketFilter(end)) ?? end),
        },
      ];
    }),
  );
}

/** Start and end of a session, which several machines may have recorded. */
const boundsOf = (sessions: readonly SessionRow[]) => ({
  first: sessions.reduce((least, { first }) => Math.min(least, first), Infinity),
  last: sessions.reduce((most, { last }) => Math.max(most, last), -Infinity),
});

function mostUsedProject(rows: readonly UsageRow[]): string {
  const responses = new Map<string, number>();
  for (const row of rows) responses.set(row.project, (responses.get(row.project) ?? 0) + row.responses);
  return [...responses].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0])[0];
}
