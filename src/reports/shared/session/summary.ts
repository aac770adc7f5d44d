import type { ResponseRow, SessionRow } from "../../../ledger/rows.ts";
import { PricedTotals } from "../../../pricing/costs.ts";
import { promptOf, totalOf } from "../../../model/tokens.ts";
import { titleOf } from "../assistants.ts";
import { areSeveral, machineName, personOf } from "../members.ts";
import type { ReportContext } from "../report.ts";
import type { SessionHistory } from "./history.ts";

/** The numbers of one session and where it was. Times are epoch milliseconds; a text or count that is not known is null. */
export interface SessionSummary {
  readonly session: string;
  readonly source: string;
  /** Display name. */
  readonly assistant: string;
  /** Null in the ledger of one machine, as its person. */
  readonly machine: string | null;
  readonly person: string | null;
  readonly project: string | null;
  readonly branch: string | null;
  /** That with most tokens, of the main thread if that has any. */
  readonly model: string | null;
  readonly version: string | null;
  readonly from: number;
  readonly to: number;
  readonly endReason: string | null;
  readonly usage: PricedTotals;
  /** Percent of the prompts' tokens that came from the cache; null without any. */
  readonly cacheReadPercent: number | null;
  readonly prompts: number;
  readonly tools: number;
  readonly failedTools: number;
  readonly linesAdded: number;
  readonly linesRemoved: number;
  readonly files: number;
  readonly commits: number;
  /** The command that continues it, to be run in its project. */
  readonly resume: string | null;
}

/** The summary of a session; null where nothing is known of it. */
export function summaryOf(
  key: { readonly source: string; readonly session: string },
  { rows, events }: SessionHistory,
  context: ReportContext,
): SessionSummary | null {
  const { assistants, members, costs } = context;
  const usage = new PricedTotals();
  const responses = events.flatMap(({ response }) => (response ? [response] : []));
  for (const response of responses) usage.add(response, 1, costs.of(response, response.at));
  const actions = events.flatMap(({ action }) => (action ? [action] : []));
  const ofKind = (kind: string) => actions.filter(({ action }) => action === kind);
  const [tools, files, prompt] = [ofKind("tool"), ofKind("file"), promptOf(usage)];
  const times = [...rows.flatMap(({ first, last }) => [first, last]), ...events.map(({ at }) => at)];
  if (times.length === 0) return null;
  const newest = rows.reduce<SessionRow | null>((a, b) => (a === null || b.last > a.last ? b : a), null);
  const placed = events.map(({ response, action }) => response ?? action);
  const known = (text: string | undefined): string | null => text || null;
  const machine = placed[0]?.machine ?? "";
  const command = assistants.find(({ name }) => name === key.source)?.resume;
  return {
    ...key,
    assistant: titleOf(assistants, key.source),
    machine: areSeveral(members) ? known(machineName(members, machine)) : null,
    person: areSeveral(members) ? known(personOf(members, machine)) : null,
    project: known(newest?.project || placed.find(({ project }) => project !== "")?.project),
    branch: known(newest?.branch || placed.findLast(({ branch }) => branch !== "")?.branch),
    model: known(mostUsedModel(responses.filter(({ agent }) => agent === "")) ?? mostUsedModel(responses)),
    version: known(newest?.version),
    from: times.reduce((a, b) => Math.min(a, b)),
    to: times.reduce((a, b) => Math.max(a, b)),
    endReason: newest?.reason ?? null,
    usage,
    cacheReadPercent: prompt === 0 ? null : (usage.cacheRead / prompt) * 100,
    prompts: ofKind("prompt").length,
    tools: tools.length,
    failedTools: tools.filter(({ ok }) => ok === 0).length,
    linesAdded: files.reduce((sum, { added }) => sum + added, 0),
    linesRemoved: files.reduce((sum, { removed }) => sum + removed, 0),
    files: new Set(files.map(({ target }) => target)).size,
    commits: ofKind("git").filter(({ name, ok }) => name === "commit" && ok !== 0).length,
    resume: command !== undefined && PLAIN_ID.test(key.session) ? `${command} ${key.session}` : null,
  };
}

/** An id that is one word of every shell, and no option. */
const PLAIN_ID = /^\w[\w.:-]{0,199}$/;

/** The model with most tokens; undefined without a response. */
function mostUsedModel(responses: readonly ResponseRow[]): string | undefined {
  const models = new Map<string, number>();
  for (const row of responses) models.set(row.model, (models.get(row.model) ?? 0) + totalOf(row));
  return [...models].toSorted((a, b) => b[1] - a[1])[0]?.[0];
}
