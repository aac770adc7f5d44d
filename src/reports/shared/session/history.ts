import type { Queries } from "../../../ledger/queries.ts";
import { type ActionItem, BUCKET_MS, type Filter, type ResponseRow, type SessionRow } from "../../../ledger/rows.ts";
import { FOREVER } from "../../../model/calendar.ts";

/** What a session's history has besides responses. */
const ACTIONS = ["prompt", "tool", "file", "git", "link", "agent", "compaction", "unrecorded"] as const;

/** What happened in a session at a time (epoch ms): a response or an action. `turn` counts prompts; it is 0 before the first one. */
export type SessionEvent = { readonly at: number; readonly turn: number } & (
  { readonly response: ResponseRow; readonly action: null } | { readonly response: null; readonly action: ActionItem }
);

/** One session with all that happened in it, in order. */
export interface SessionHistory {
  /** What was read of the session itself; the machines that have it each have a row. */
  readonly rows: readonly SessionRow[];
  readonly events: readonly SessionEvent[];
}

/** The history of the session that the filter names, whenever it was; its subagents are a part of it. */
export async function historyOf(
  queries: Queries,
  whose: Pick<Filter, "source" | "machines"> & { readonly session: string },
): Promise<SessionHistory> {
  const whole: Filter = { from: 0, to: FOREVER, ...whose };
  const rows = await queries.sessions(whole);
  const used = await queries.usage(whole, [{ ...whole, offsetMs: 0 }], ["source", "session", "bucket"]);
  const filter = { ...whole, ...timeOf(rows, used) };
  const found = [
    ...(await queries.responses(filter)).map((response) => ({ at: response.at, response, action: null })),
    ...(await queries.items(ACTIONS, filter)).map((action) => ({ at: action.at, response: null, action })),
  ];
  let turn = 0;
  const events = found
    .toSorted((a, b) => a.at - b.at || rankOf(b) - rankOf(a))
    .map((one): SessionEvent => ({ ...one, turn: one.action?.action === "prompt" ? ++turn : turn }));
  return { rows, events };
}

/** Of what happened at one time, the prompt comes first, and what it led to after it. */
const rankOf = ({ action }: { readonly action: ActionItem | null }): number =>
  action?.action === "prompt" ? 2 : action?.action === "compaction" ? 1 : 0;

/** The time of a session, so that only its own part of the ledger is searched. */
function timeOf(rows: readonly SessionRow[], used: readonly { readonly bucket: number }[]) {
  const times = [
    ...rows.flatMap(({ first, last }) => [first, last + 1]),
    ...used.flatMap(({ bucket }) => [bucket * BUCKET_MS, (bucket + 1) * BUCKET_MS]),
  ];
  if (times.length === 0) return { from: 0, to: FOREVER };
  return { from: times.reduce((a, b) => Math.min(a, b)), to: times.reduce((a, b) => Math.max(a, b)) };
}
