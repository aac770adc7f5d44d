import { LOGGED_ASSISTANT } from "../model/record.ts";
import { AssistantColumn } from "./shared/assistants.ts";
import { CacheUse, expiriesOf } from "./shared/cache.ts";
import { keyOf } from "./shared/keys.ts";
import type { Costs } from "../pricing/costs.ts";
import { projectNames, shortModel } from "./shared/usage/names.ts";
import { notRecordedOf } from "./shared/usage/not-recorded.ts";
import type { ReportContext, ReportQuery, ReportResult } from "./shared/report.ts";
import type { UsageRow } from "../ledger/rows.ts";
import { cacheWriteOf, promptOf } from "../model/tokens.ts";
import { type Column, fieldsOf, totalledBy } from "../render/columns.ts";
import { count, dollars } from "../render/format.ts";
import { USAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** Cache use, and whether losses can be estimated for it. */
interface EstimatedUse {
  readonly use: CacheUse;
  readonly isKnown: boolean;
}

/** A row: the cache use of a project, or of one of its models. */
interface NamedUse extends EstimatedUse {
  readonly name: string;
  /** The project of the row; null for one of its models. */
  readonly owner: ProjectCache | null;
}

const USE: readonly Column<EstimatedUse>[] = [
  { name: "Hits", kind: "percent", priority: 19, value: ({ use }) => use.hitPercent, field: "hitPercent" },
  { name: "Read", kind: "tokens", priority: 15, value: ({ use }) => use.cacheRead, field: "cacheReadTokens" },
  {
    name: "Written",
    kind: "tokens",
    priority: 14,
    value: ({ use }) => cacheWriteOf(use),
    field: "cacheCreationTokens",
  },
  { name: "Input", kind: "tokens", priority: 10, value: ({ use }) => use.input, field: "inputTokens" },
  { name: "Saved", kind: "money", priority: 18, value: ({ use }) => use.moneyOf(use.saved), field: "saved" },
  { name: "Writes", kind: "money", priority: 17, value: ({ use }) => use.moneyOf(use.writes), field: "writes" },
  {
    name: "Lost (est.)",
    kind: "money",
    priority: 16,
    value: ({ use, isKnown }) => (isKnown ? use.moneyOf(use.lost) : null),
  },
  {
    name: "Rewritten (est.)",
    kind: "tokens",
    priority: 8,
    value: ({ use, isKnown }) => (isKnown ? use.rewritten : null),
  },
];

/** Cache use of one project. */
interface ProjectCache {
  readonly project: string;
  readonly use: CacheUse;
  readonly parts: Map<string, ModelCache>;
}

/** Cache use of one model of one assistant. */
interface ModelCache {
  readonly model: string;
  readonly source: string;
  readonly use: CacheUse;
}

type CacheOwner = Pick<UsageRow, "project" | "model" | "source">;

/** Prompt cache efficiency by project, with --breakdown by model as well. */
export const cache: Report = {
  name: "cache",
  description: "what the prompt cache saves: hit rate, money saved, spent on writes, and lost to expiry",
  options: [...USAGE, "breakdown"],
  examples: [
    { args: "cache --last 7d", description: "what the prompt cache saved in seven days" },
    { args: "cache --breakdown", description: "with a row for each model" },
  ],
  related: ["models"],
  async run(query, context): Promise<ReportResult<NamedUse>> {
    const { queries, costs } = context;
    const { filter, intervals, isBrokenDown, zone } = query;
    const projects = new Map<string, ProjectCache>();
    const cacheUseOf = (owner: CacheOwner): CacheUse => {
      const { project } = owner;
      let found = projects.get(project);
      if (!found) projects.set(project, (found = { project, use: new CacheUse(), parts: new Map() }));
      return partIn(found.parts, owner);
    };
    for (const row of await queries.usage(filter, intervals, ["project", "source"])) cacheUseOf(row).add(row, costs);
    await addExpiries(query, context, cacheUseOf);
    const all = new CacheUse();
    const parts = new Map<string, ModelCache>();
    for (const { use, parts: projectParts } of projects.values()) {
      for (const part of projectParts.values()) {
        use.merge(part.use);
        partIn(parts, part).merge(part.use);
      }
      all.merge(use);
    }
    const assistantColumn = new AssistantColumn(
      context.assistants,
      parts.values().map(({ source }) => source),
    );
    const notRecorded = await notRecordedOf(query, context);
    const names = projectNames(projects.keys());
    const found = [...projects.values()].toSorted(
      (a, b) => promptOf(b.use) - promptOf(a.use) || (a.project < b.project ? -1 : 1),
    );
    return {
      columns: [
        { name: "Project", kind: "text", priority: 20, shorten: true, value: ({ name }) => name },
        ...totalledBy({ use: all, isKnown: isEstimated(parts.values()) }, USE),
      ],
      rows: found.flatMap((owner): NamedUse[] => [
        {
          name: names.get(owner.project) ?? owner.project,
          owner,
          use: owner.use,
          isKnown: isEstimated(owner.parts.values()),
        },
        ...(isBrokenDown ? largestFirst(owner.parts) : []).map((part) => ({
          name: `  ${nameOf(part, assistantColumn, context.modelNames)}`,
          owner: null,
          use: part.use,
          isKnown: isEstimated([part]),
        })),
      ]),
      isPart: ({ owner }) => owner === null,
      order: "desc",
      zone,
      empty: "No response in this range.",
      notes: [...(found.length > 0 ? notesOf(all, parts, costs, assistantColumn) : []), ...notRecorded.notes],
      json: (rows) => ({
        projects: rows.flatMap(({ owner, use, isKnown }) =>
          owner ? [{ project: owner.project, ...jsonOf({ use, isKnown }), models: byModel(owner.parts) }] : [],
        ),
        models: byModel(parts),
        totals: jsonOf({ use: all, isKnown: parts.size === 0 || isEstimated(parts.values()) }),
        ...notRecorded.fields,
      }),
    };
  },
};

function partIn(parts: Map<string, ModelCache>, { model, source }: Pick<ModelCache, "model" | "source">): CacheUse {
  const key = keyOf(model, source);
  let part = parts.get(key);
  if (!part) parts.set(key, (part = { model, source, use: new CacheUse() }));
  return part.use;
}

const nameOf = (
  { model, source }: ModelCache,
  assistantColumn: AssistantColumn,
  names: ReportContext["modelNames"],
): string => assistantColumn.named(shortModel(model, names), source);

/** Whether losses can be estimated: the lifetime of caches is known for one assistant only. */
const isEstimated = (parts: Iterable<ModelCache>): boolean =>
  Iterator.from(parts).some(({ source }) => source === LOGGED_ASSISTANT);

/** Adds estimated losses. Each session has a cache for its main thread and one for its subagents. */
async function addExpiries(
  { filter }: ReportQuery,
  { queries, costs }: ReportContext,
  cacheUseOf: (owner: CacheOwner) => CacheUse,
): Promise<void> {
  if ((filter.source ?? LOGGED_ASSISTANT) !== LOGGED_ASSISTANT) return;
  const threads = Map.groupBy(await queries.responses({ ...filter, source: LOGGED_ASSISTANT }), ({ session, agent }) =>
    keyOf(session, agent),
  );
  for (const responses of threads.values()) {
    const project = responses[0]?.project ?? "";
    for (const { model, tokens, lost } of expiriesOf(responses, costs)) {
      const use = cacheUseOf({ project, model, source: LOGGED_ASSISTANT });
      use.expiries++;
      use.rewritten += tokens;
      use.lost += lost ?? 0n;
    }
  }
}

function notesOf(
  all: CacheUse,
  parts: ReadonlyMap<string, ModelCache>,
  { mode }: Costs,
  assistantColumn: AssistantColumn,
): string[] {
  const hasOthers = parts.values().some(({ source }) => source !== LOGGED_ASSISTANT);
  return [
    "Hits: share of prompt tokens read from the cache. Saved: compared with the input price. At list prices.",
    ...(isEstimated(parts.values())
      ? [
          `Lost is an estimate: tokens written again after pauses longer than the cache lifetime, ${count(all.expiries)} times.`,
        ]
      : []),
    ...(hasOthers
      ? [
          `Lost is estimated for ${assistantColumn.text([LOGGED_ASSISTANT])} only: the lifetime of other caches is not documented.`,
        ]
      : []),
    ...(mode === "display" ? ["--cost-mode display uses no prices, so none of these amounts is known."] : []),
    ...(mode !== "display" && all.unpriced > 0
      ? [`Amounts leave out ${count(all.unpriced)} tokens without a price.`]
      : []),
  ];
}

/** Models, largest prompts first. */
const largestFirst = (parts: ReadonlyMap<string, ModelCache>): ModelCache[] =>
  [...parts.values()].toSorted((a, b) => promptOf(b.use) - promptOf(a.use) || (a.model < b.model ? -1 : 1));

const byModel = (parts: ReadonlyMap<string, ModelCache>) =>
  largestFirst(parts).map((part) => ({
    model: part.model,
    source: part.source,
    ...jsonOf({ use: part.use, isKnown: isEstimated([part]) }),
  }));

const jsonOf = ({ use, isKnown }: EstimatedUse) => ({
  ...fieldsOf(USE, { use, isKnown }),
  writesMoreThanInput: dollars(use.moneyOf(use.extra)),
  estimate: isKnown
    ? { expiries: use.expiries, rewrittenTokens: use.rewritten, lost: dollars(use.moneyOf(use.lost)) }
    : null,
  unpricedTokens: use.unpriced,
});
