import { FOREVER } from "../../../model/calendar.ts";
import { lastPart } from "../../../model/project.ts";
import type { Column } from "../../../render/columns.ts";
import { compactCount, count, money, share, stampOf } from "../../../render/format.ts";
import { clean, duration } from "../../../utils/terminal.ts";
import { MAX_ROWS, type ReportContext, type ReportQuery, type ReportResult } from "../report.ts";
import { contextWindowOf } from "./context-window.ts";
import { historyOf } from "./history.ts";
import { lanesOf } from "./lanes.ts";
import { type SessionSummary, summaryOf } from "./summary.ts";
import { type Turn, type TurnItem, turnsOf } from "./turns.ts";
import { type SessionParts, sessionInJson } from "./turns-json.ts";
import { shortModel } from "../usage/names.ts";
import { unpricedNotes } from "../usage/result.ts";

/** The JSON of the report; without any session only `session` and empty `turns`. */
export type TurnsJson = { readonly timezone: string } & (
  ReturnType<typeof sessionInJson> | { readonly session: null; readonly turns: readonly [] }
);

/** A turn, or one of the things done in it. */
interface TurnRow {
  readonly turn: Turn;
  readonly item: TurnItem | null;
}

/** Sessions that were active within this time are searched for the newest first. */
const RECENT_MS = 7 * 86_400_000;

const COLUMNS: readonly Column<TurnRow>[] = [
  {
    name: "Turn",
    kind: "text",
    priority: 20,
    shorten: true,
    value: ({ turn, item }) => (item ? itemText(item) : turnText(turn)),
  },
  { name: "At", kind: "time", priority: 16, value: ({ turn, item }) => (item ?? turn).at, field: "at" },
  {
    name: "Lasted",
    kind: "duration",
    priority: 14,
    value: ({ turn, item }) => (item ?? turn).durationMs,
    field: "durationMs",
  },
  {
    name: "Tokens",
    kind: "tokens",
    priority: 17,
    value: ({ turn, item }) => usageOf(turn, item)?.total ?? null,
    field: "tokens",
  },
  {
    name: "Cost",
    kind: "money",
    priority: 18,
    value: ({ turn, item }) => usageOf(turn, item)?.cost ?? null,
    field: "cost",
  },
  {
    name: "Context",
    kind: "tokens",
    priority: 12,
    value: ({ turn, item }) => (item ? null : turn.contextTokens),
    field: "contextTokens",
  },
];

/** One session turn by turn. */
export async function turnsResult(query: ReportQuery, context: ReportContext): Promise<ReportResult<TurnRow>> {
  const { zone } = query;
  const parts = await sessionParts(query, context);
  const all = parts?.turns ?? [];
  return {
    columns: COLUMNS,
    rows: all.flatMap((turn): TurnRow[] => [{ turn, item: null }, ...turn.items.map((item) => ({ turn, item }))]),
    isPart: ({ item }) => item !== null,
    zone,
    empty: "No such session.",
    order: "asc",
    maxRows: MAX_ROWS,
    notes: parts ? notesOf(parts, zone, context) : [],
    json: (shown): TurnsJson => {
      const shownTurns = shown.flatMap(({ turn, item }) => (item ? [] : [turn]));
      return { timezone: zone, ...(parts ? sessionInJson(parts, shownTurns) : { session: null, turns: [] }) };
    },
  };
}

/** The session that the query selects, the newest if these are several; null if there is none. */
async function sessionParts(query: ReportQuery, context: ReportContext): Promise<SessionParts | null> {
  const { queries, costs, assistants } = context;
  const found = await newestOf(query, context);
  if (!found) return null;
  const { source, session } = found;
  const history = await historyOf(queries, { source, session, machines: query.filter.machines });
  const summary = summaryOf({ source, session }, history, context);
  if (!summary) return null;
  const hasContext = assistants.find(({ name }) => name === source)?.responseUnit === undefined;
  const lanes = lanesOf(history.events, costs);
  const window = await contextWindowOf({ source, session, model: summary.model ?? "", since: summary.from }, context);
  const { events } = history;
  return { summary, events, lanes, turns: turnsOf(events, lanes, costs, hasContext), window, costs, hasContext };
}

/** The session that was active last. The recent ones are searched first, since there may be many. */
async function newestOf({ filter, intervals, now }: ReportQuery, { queries }: ReportContext) {
  const { model: _, ...whose } = filter;
  for (const from of [now - RECENT_MS, filter.from]) {
    const known = await queries.sessions({ ...whose, from });
    if (known.length > 0) return known.reduce((a, b) => (b.last > a.last ? b : a));
  }
  // The start and end of a session are read after its responses.
  const used = await queries.usage(whose, intervals, ["source", "session", "bucket"]);
  return used.length === 0 ? null : used.reduce((a, b) => (b.bucket > a.bucket ? b : a));
}

const usageOf = ({ usage }: Turn, item: TurnItem | null) => {
  const used = item ? item.usage : usage;
  return used && used.responses > 0 ? used : null;
};

function turnText({ kind, characters, tokensBefore, tokensAfter }: Turn): string {
  if (kind === "start") return "before the first prompt";
  if (kind === "prompt") return characters ? `prompt, ${count(characters)} characters` : "prompt";
  const [before, after] = [tokensBefore, tokensAfter].map((tokens) => (tokens === null ? "?" : compactCount(tokens)));
  return before === "?" && after === "?" ? "compaction" : `compaction, ${before} to ${after} tokens`;
}

function itemText({ kind, name, target, count: times, ok, agent, linesAdded, linesRemoved }: TurnItem): string {
  const what = kind === "agent" ? `subagent ${name}` : kind === "git" ? `git ${name.replace("_", " ")}` : name;
  const parts = [
    what,
    ...(target === "" || kind === "git" ? [] : [kind === "link" ? target : lastPart(target)]),
    ...(times > 1 ? [`x${count(times)}`] : []),
    ...(linesAdded + linesRemoved > 0 ? [`+${count(linesAdded)} -${count(linesRemoved)}`] : []),
  ];
  const outcome = ok === false ? ", failed" : "";
  return `  ${agent === "" ? "" : `${agent}: `}${parts.join(" ")}${outcome}`;
}

function notesOf({ summary, turns: all, window }: SessionParts, zone: string, context: ReportContext): string[] {
  const { usage, resume, cacheReadPercent: cached } = summary;
  const cost = usage.cost === null || usage.responses === 0 ? [] : [money(usage.cost)];
  const ofCache = cached === null ? "" : `, ${share(cached)} of the prompts' from the cache`;
  const tokens = usage.responses === 0 ? "tokens not recorded" : `${count(usage.total)} tokens${ofCache}`;
  return [
    headOf(summary, zone, context),
    `${[...cost, tokens, some(summary.prompts, "prompt"), some(usage.responses, "response")].join(", ")}.`,
    `${some(summary.tools, "tool")}, ${count(summary.failedTools)} failed; ${some(summary.linesAdded, "line")} added and ${count(summary.linesRemoved)} removed in ${some(summary.files, "file")}; ${some(summary.commits, "commit")}.`,
    ...(all.some(({ contextTokens }) => contextTokens !== null)
      ? [`Context: the tokens of the main thread's last prompt in each turn${windowText(window)}.`]
      : []),
    ...(resume === null ? [] : [`To continue it, in its project: ${resume}`]),
    ...unpricedNotes(usage, context.costs),
  ];
}

const some = (number: number, what: string): string => `${count(number)} ${what}${number === 1 ? "" : "s"}`;

const windowText = (window: SessionParts["window"]): string =>
  window ? `, of a window of ${count(window.tokens)}, as Claude Code reported for this ${window.of}` : "";

function headOf(summary: SessionSummary, zone: string, { modelNames }: ReportContext): string {
  const { session, assistant, version, machine, project, branch, model, from, to, endReason } = summary;
  const parts = [
    `Session ${clean(session)}: ${[assistant, version].filter(Boolean).join(" ")}`,
    machine,
    project,
    branch && `branch ${branch}`,
    model && shortModel(model, modelNames),
    `${stampOf(zone, from)} to ${stampOf(zone, Math.min(to, FOREVER))}, ${duration(to - from)}`,
    endReason ? `ended by ${endReason}` : "its end is not known",
  ];
  return `${parts.flatMap((part) => (part ? [clean(part)] : [])).join("; ")}.`;
}
