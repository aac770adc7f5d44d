import { LOGGED_ASSISTANT } from "../model/record.ts";
import { AssistantColumn } from "./shared/assistants.ts";
import { CacheUse, expiriesOf } from "./shared/cache.ts";
import type { Costs } from "../pricing/costs.ts";
import { projectNames, shortModel } from "./shared/usage/names.ts";
import { notRecordedOf } from "./shared/usage/not-recorded.ts";
import type { ReportContext, ReportQuery } from "./shared/question.ts";
import type { UsageRow } from "../ledger/rows.ts";
import { microsOf } from "../model/price.ts";
import { count } from "../render/format.ts";
import { dollars } from "./shared/usage/answer.ts";
import type { Cell, Column } from "../render/table.ts";
import type { Report } from "./contract.ts";

const COLUMNS: readonly Column[] = [
  { name: "Project", kind: "text", priority: 20, shorten: true },
  { name: "Hits", kind: "percent", priority: 19 },
  { name: "Read", kind: "integer", priority: 15 },
  { name: "Written", kind: "integer", priority: 14 },
  { name: "Input", kind: "integer", priority: 10 },
  { name: "Saved", kind: "money", priority: 18 },
  { name: "Writes", kind: "money", priority: 17 },
  { name: "Lost (est.)", kind: "money", priority: 16 },
  { name: "Rewritten (est.)", kind: "integer", priority: 8 },
];

interface Found {
  readonly project: string;
  readonly use: CacheUse;
  readonly parts: Map<string, Part>;
}

/** What the cache did for one model of one assistant. */
interface Part {
  readonly model: string;
  readonly source: string;
  readonly use: CacheUse;
}

type Place = Pick<UsageRow, "project" | "model" | "source">;

/** How well the prompt cache served: by project, with --breakdown by model as well. */
export const cache: Report = {
  name: "cache",
  description: "how well the prompt cache served: hits, money saved, money spent on writes, money lost to expiry",
  run(question, books) {
    const { queries: ledger, costs } = books;
    const { filter, intervals: stretches, isBrokenDown } = question;
    const projects = new Map<string, Found>();
    const at = (place: Place): CacheUse => {
      const { project } = place;
      let found = projects.get(project);
      if (!found) projects.set(project, (found = { project, use: new CacheUse(), parts: new Map() }));
      return partIn(found.parts, place);
    };
    for (const row of ledger.usage(filter, stretches, ["project", "source"])) at(row).add(row, costs);
    addExpiries(question, books, at);
    const all = new CacheUse();
    const parts = new Map<string, Part>();
    for (const { use, parts: own } of projects.values()) {
      for (const part of own.values()) {
        use.merge(part.use);
        partIn(parts, part).merge(part.use);
      }
      all.merge(use);
    }
    const parties = new AssistantColumn(
      books.assistants,
      parts.values().map(({ source }) => source),
    );
    const notRecorded = notRecordedOf(question, books);
    const names = projectNames(projects.keys());
    const found = [...projects.values()].toSorted(
      (a, b) => promptOf(b.use) - promptOf(a.use) || (a.project < b.project ? -1 : 1),
    );
    return {
      columns: COLUMNS,
      rows: found.flatMap(({ project, use, parts }) => [
        cells(names.get(project) ?? project, use, isEstimated(parts.values())),
        ...(isBrokenDown
          ? bySize(parts).map((part) =>
              cells(`  ${nameOf(part, parties, books.modelNames)}`, part.use, isEstimated([part])),
            )
          : []),
      ]),
      ...(found.length > 0 && { totals: cells("Total", all, isEstimated(parts.values())) }),
      empty: "No response in this range.",
      notes: [...(found.length > 0 ? notesOf(all, parts, costs, parties) : []), ...notRecorded.notes],
      json: {
        projects: found.map(({ project, use, parts }) => ({
          project,
          ...jsonOf(use, isEstimated(parts.values())),
          models: byModel(parts),
        })),
        models: byModel(parts),
        totals: jsonOf(all, parts.size === 0 || isEstimated(parts.values())),
        ...notRecorded.fields,
      },
    };
  },
};

function partIn(parts: Map<string, Part>, { model, source }: Pick<Part, "model" | "source">): CacheUse {
  const key = `${model}\n${source}`;
  let part = parts.get(key);
  if (!part) parts.set(key, (part = { model, source, use: new CacheUse() }));
  return part.use;
}

const nameOf = ({ model, source }: Part, parties: AssistantColumn, names: ReportContext["modelNames"]): string =>
  parties.named(shortModel(model, names), source);

/** How long caches live is known of one assistant only. */
const isEstimated = (parts: Iterable<Part>): boolean =>
  Iterator.from(parts).some(({ source }) => source === LOGGED_ASSISTANT);

/** A cache is one session's, and within it the main thread's or that of its subagents. */
function addExpiries(
  { filter }: ReportQuery,
  { queries: ledger, costs }: ReportContext,
  at: (place: Place) => CacheUse,
): void {
  if ((filter.source ?? LOGGED_ASSISTANT) !== LOGGED_ASSISTANT) return;
  const threads = Map.groupBy(
    ledger.responses({ ...filter, source: LOGGED_ASSISTANT }),
    ({ session, agent }) => `${session}\n${agent}`,
  );
  for (const responses of threads.values()) {
    const project = responses[0]?.project ?? "";
    for (const { model, tokens, lost } of expiriesOf(responses, costs)) {
      const use = at({ project, model, source: LOGGED_ASSISTANT });
      use.expiries++;
      use.rewritten += tokens;
      use.lost += lost ?? 0n;
    }
  }
}

/** Money of it, micro-dollars; null where nothing of it has a price. */
const moneyOf = (use: CacheUse, pico: bigint): number | null =>
  use.unpriced > 0 && use.unpriced === use.read + use.written ? null : microsOf(pico);

const cells = (name: string, use: CacheUse, isKnown: boolean): Cell[] => [
  name,
  use.hitPercent,
  use.read,
  use.written,
  use.input,
  moneyOf(use, use.saved),
  moneyOf(use, use.writes),
  isKnown ? moneyOf(use, use.lost) : null,
  isKnown ? use.rewritten : null,
];

function notesOf(all: CacheUse, parts: ReadonlyMap<string, Part>, { mode }: Costs, parties: AssistantColumn): string[] {
  const others = parts.values().some(({ source }) => source !== LOGGED_ASSISTANT);
  return [
    "Hits: tokens read from the cache, of all tokens of the prompts. Saved: against the price of input. By list prices.",
    ...(isEstimated(parts.values())
      ? [
          `Lost is an estimate: what was written again after pauses longer than the cache lives, ${count(all.expiries)} times.`,
        ]
      : []),
    ...(others
      ? [`Lost is known of ${parties.text([LOGGED_ASSISTANT])} alone: nobody tells how long other caches live.`]
      : []),
    ...(mode === "display" ? ["--cost-mode display uses no prices, without which none of this money is known."] : []),
    ...(mode !== "display" && all.unpriced > 0
      ? [`Without a price, and in none of the sums of money: ${count(all.unpriced)} tokens.`]
      : []),
  ];
}

const promptOf = ({ read, written, input }: CacheUse): number => read + written + input;

/** Models, the largest prompts first. */
const bySize = (parts: ReadonlyMap<string, Part>): Part[] =>
  [...parts.values()].toSorted((a, b) => promptOf(b.use) - promptOf(a.use) || (a.model < b.model ? -1 : 1));

const byModel = (parts: ReadonlyMap<string, Part>) =>
  bySize(parts).map((part) => ({
    model: part.model,
    source: part.source,
    ...jsonOf(part.use, isEstimated([part])),
  }));

const jsonOf = (use: CacheUse, isKnown: boolean) => ({
  hitPercent: use.hitPercent,
  cacheReadTokens: use.read,
  cacheCreationTokens: use.written,
  inputTokens: use.input,
  saved: dollars(moneyOf(use, use.saved)),
  writes: dollars(moneyOf(use, use.writes)),
  writesMoreThanInput: dollars(moneyOf(use, use.extra)),
  estimate: isKnown
    ? { expiries: use.expiries, rewrittenTokens: use.rewritten, lost: dollars(moneyOf(use, use.lost)) }
    : null,
  unpricedTokens: use.unpriced,
});
