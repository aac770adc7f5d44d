import type { ResponseRow } from "../../../ledger/rows.ts";
import { totalOf } from "../../../model/tokens.ts";
import { microsOf } from "../../../model/price.ts";
import type { Column } from "../../../render/columns.ts";
import { count, dollars } from "../../../render/format.ts";
import { AssistantColumn, titleOf } from "../assistants.ts";
import { machineColumn, machineName, personOf } from "../members.ts";
import { MAX_ROWS, type ReportContext, type ReportQuery, type ReportResult } from "../report.ts";
import { projectNames, shortModel } from "./names.ts";

/** The JSON of the report, newest first: cost in dollars, times ISO 8601 UTC, null for what is not known. */
export interface FeedJson {
  readonly timezone: string;
  readonly feed: readonly {
    readonly at: string;
    /** Machine and person are null where the ledger is that of one machine. */
    readonly machine: string | null;
    readonly person: string | null;
    readonly source: string;
    /** Display name of the source. */
    readonly assistant: string;
    readonly session: string;
    readonly project: string;
    /** The project as a table shows it. */
    readonly projectName: string;
    readonly branch: string;
    readonly model: string;
    /** The model as a table shows it. */
    readonly modelName: string;
    /** Empty for the main thread. */
    readonly agent: string;
    readonly tokens: number;
    readonly cost: number | null;
  }[];
}

/** A response and its cost in micro-dollars, null without a price. */
interface FeedEntry extends ResponseRow {
  readonly projectName: string;
  readonly micros: number | null;
}

/** The responses that are read; the newest ones of a longer range. */
const MAX_RESPONSES = 1_000;
/** Days that are read if the query does not say which. */
const DAYS = 7;

/** The newest responses. */
export async function feedResult(
  { filter, since, until, zone, now }: ReportQuery,
  context: ReportContext,
): Promise<ReportResult<FeedEntry>> {
  const { queries, costs, members, assistants, modelNames } = context;
  const isWhole = since === null && until === null && filter.from === 0;
  const from = isWhole ? now - DAYS * 86_400_000 : filter.from;
  const found = await queries.newestResponses({ ...filter, from, to: Math.min(filter.to, now + 1) }, MAX_RESPONSES);
  const names = projectNames(found.map(({ project }) => project));
  const rows = found.map((row): FeedEntry => {
    const pico = costs.of(row, row.at);
    return {
      ...row,
      projectName: names.get(row.project) ?? row.project,
      micros: pico === null ? null : microsOf(pico),
    };
  });
  const assistantColumn = new AssistantColumn(
    assistants,
    rows.map(({ source }) => source),
  );
  const columns: readonly Column<FeedEntry>[] = [
    { name: "Time", kind: "time", priority: 20, value: ({ at }) => at, field: "at" },
    machineColumn(members, 16, ({ machine }) => machine),
    assistantColumn.column(({ source }) => [source], 14),
    { name: "Project", kind: "text", priority: 19, shorten: true, value: ({ projectName }) => projectName },
    { name: "Branch", kind: "text", priority: 10, shorten: true, value: ({ branch }) => branch, field: "branch" },
    { name: "Model", kind: "text", priority: 15, shorten: true, value: ({ model }) => shortModel(model, modelNames) },
    { name: "Subagent", kind: "text", priority: 8, shorten: true, value: ({ agent }) => agent, field: "agent" },
    { name: "Tokens", kind: "tokens", priority: 17, value: totalOf, field: "tokens" },
    { name: "Cost", kind: "money", priority: 18, value: ({ micros }) => micros, field: "cost" },
  ];
  return {
    columns,
    rows,
    zone,
    empty: isWhole ? `No response in the last ${DAYS} days.` : "No response in this range.",
    order: "desc",
    maxRows: MAX_ROWS,
    notes:
      rows.length === MAX_RESPONSES
        ? [`The newest ${count(MAX_RESPONSES)} responses ${isWhole ? `of the last ${DAYS} days` : "of the range"}.`]
        : rows.length > 0 && isWhole
          ? [`Responses of the last ${DAYS} days; --since and --last read others.`]
          : [],
    json: (shown): FeedJson => ({
      timezone: zone,
      feed: shown.map((row) => ({
        at: new Date(row.at).toISOString(),
        machine: members ? machineName(members, row.machine) : null,
        person: personOf(members, row.machine) || null,
        source: row.source,
        assistant: titleOf(assistants, row.source),
        session: row.session,
        project: row.project,
        projectName: row.projectName,
        branch: row.branch,
        model: row.model,
        modelName: shortModel(row.model, modelNames),
        agent: row.agent,
        tokens: totalOf(row),
        cost: dollars(row.micros),
      })),
    }),
  };
}
