import type { Queries } from "../../../ledger/queries.ts";
import { BUCKET_MS, type Filter, type SessionRow, type UsageRow } from "../../../ledger/rows.ts";
import { sessionKey } from "../assistants.ts";

/** The first and last activity of a session within a range (epoch ms), and the project with most of its responses. */
export interface Activity {
  readonly source: string;
  readonly session: string;
  readonly project: string;
  readonly first: number;
  readonly last: number;
}

/** A session's usage by bucket, and what its own start and end say of the exact times; null where the responses are queried. */
interface SessionUsage {
  readonly key: string;
  readonly rows: readonly UsageRow[];
  readonly range: { readonly from: number; readonly to: number; readonly source: string; readonly session: string };
  readonly first: number | null;
  readonly last: number | null;
}

/**
 * Activity of sessions by `sessionKey`. `rows` is usage by 15-minute bucket, which gives the first and last bucket; the exact
 * times are the session's own start and end where they are close to those. The responses are queried where the session is not
 * read yet, where a copy in another file extends it far beyond, and where its times are out of the range: for all sessions at once.
 */
export async function activityOf(
  rows: readonly UsageRow[],
  queries: Queries,
  filter: Filter,
): Promise<Map<string, Activity>> {
  const { from, to } = filter;
  const known = Map.groupBy(await queries.sessions({ from, to }), sessionKey);
  const sessions = [...Map.groupBy(rows, sessionKey)].map(([key, sessionRows]): SessionUsage => {
    const { source = "", session = "" } = sessionRows[0] ?? {};
    const starts = sessionRows.map(({ bucket }) => bucket * BUCKET_MS);
    const [begin, end] = [starts.reduce((a, b) => Math.min(a, b)), starts.reduce((a, b) => Math.max(a, b))];
    const { first, last } = timesOf(known.get(key) ?? []);
    const isFirstExact = first >= Math.max(from, begin - BUCKET_MS) && first < begin + BUCKET_MS;
    const isLastExact = last < Math.min(to, end + 2 * BUCKET_MS) && last >= end;
    return {
      key,
      rows: sessionRows,
      range: { from: begin, to: end + BUCKET_MS, source, session },
      first: isFirstExact ? first : null,
      last: isLastExact ? last : null,
    };
  });
  const inexact = sessions.filter(({ first, last }) => first === null || last === null);
  const found = await queries.bounds(
    filter,
    inexact.map(({ range }) => range),
  );
  const bounds = new Map(inexact.map(({ key }, index) => [key, found[index]]));
  return new Map(
    sessions.map(({ key, rows: sessionRows, range, first, last }) => [
      key,
      {
        source: range.source,
        session: range.session,
        project: mostUsedProject(sessionRows),
        first: first ?? bounds.get(key)?.first ?? range.from,
        last: last ?? bounds.get(key)?.last ?? range.to - BUCKET_MS,
      },
    ]),
  );
}

/** Start and end of a session, which several machines may have recorded. */
const timesOf = (sessions: readonly SessionRow[]) => ({
  first: sessions.reduce((least, { first }) => Math.min(least, first), Infinity),
  last: sessions.reduce((most, { last }) => Math.max(most, last), -Infinity),
});

function mostUsedProject(rows: readonly UsageRow[]): string {
  const responses = new Map<string, number>();
  for (const row of rows) responses.set(row.project, (responses.get(row.project) ?? 0) + row.responses);
  return [...responses].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0])[0];
}
