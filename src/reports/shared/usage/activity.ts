import type { SqliteQueries } from "../../../ledger/sqlite/SqliteQueries.ts";
import { BUCKET_MS } from "../../../ledger/sqlite/RollUp.ts";
import type { Filter, SessionRow, UsageRow } from "../../../ledger/rows.ts";
import { sessionKey } from "../assistants.ts";

/** When a session was at work within a range (epoch ms), and where it used most. */
export interface Activity {
  readonly source: string;
  readonly session: string;
  readonly project: string;
  readonly first: number;
  readonly last: number;
}

/**
 * Activity of sessions by `sessionKey`. Usage by quarter hours says where it begins and ends; the exact times are those of the
 * session's own lines where they are near to that. Where they are not read yet, where a copy in another file makes them
 * reach far beyond, and where they lie out of the range, its responses are looked up.
 */
export function activityOf(rows: readonly UsageRow[], ledger: SqliteQueries, filter: Filter): Map<string, Activity> {
  const { from, to } = filter;
  const known = Map.groupBy(ledger.sessions({ from, to }), sessionKey);
  return new Map(
    [...Map.groupBy(rows, sessionKey)].map(([key, own]) => {
      const { source = "", session = "" } = own[0] ?? {};
      const quarters = own.map(({ quarter }) => quarter * BUCKET_MS);
      const [begin, end] = [quarters.reduce((a, b) => Math.min(a, b)), quarters.reduce((a, b) => Math.max(a, b))];
      const lines = boundsOf(known.get(key) ?? []);
      const within = (quarter: number): Filter => ({
        ...filter,
        source,
        session,
        from: quarter,
        to: quarter + BUCKET_MS,
      });
      const isBegin = lines.first >= Math.max(from, begin - BUCKET_MS) && lines.first < begin + BUCKET_MS;
      const isEnd = lines.last < Math.min(to, end + 2 * BUCKET_MS) && lines.last >= end;
      return [
        key,
        {
          source,
          session,
          project: mostUsed(own),
          first: isBegin ? lines.first : (ledger.firstAt(within(begin)) ?? begin),
          last: isEnd ? lines.last : (ledger.lastAt(within(end)) ?? end),
        },
      ];
    }),
  );
}

/** One session may be known by several machines. */
const boundsOf = (sessions: readonly SessionRow[]) => ({
  first: sessions.reduce((least, { first }) => Math.min(least, first), Infinity),
  last: sessions.reduce((most, { last }) => Math.max(most, last), -Infinity),
});

function mostUsed(rows: readonly UsageRow[]): string {
  const responses = new Map<string, number>();
  for (const row of rows) responses.set(row.project, (responses.get(row.project) ?? 0) + row.responses);
  return [...responses].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0])[0];
}
