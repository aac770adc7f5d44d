import { CacheUse, expiriesOf } from "../asking/cache.ts";
import type { Costs } from "../asking/costs.ts";
import { projectNames, shortModel } from "../asking/usage/names.ts";
import type { Books, Question } from "../asking/question.ts";
import { microsOf } from "../model/price.ts";
import { count } from "../tables/format.ts";
import { dollars } from "../asking/usage/answer.ts";
import type { Cell, Column } from "../tables/table.ts";
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
  readonly models: Map<string, CacheUse>;
}

/** How well the prompt cache served: by project, with --breakdown by model as well. */
export const cache: Report = {
  name: "cache",
  meaning: "how well the prompt cache served: hits, money saved, money spent on writes, money lost to expiry",
  run(question, { ledger, costs }) {
    const { filter, stretches, isBrokenDown } = question;
    const projects = new Map<string, Found>();
    const at = (project: string, model: string): CacheUse => {
      let found = projects.get(project);
      if (!found) projects.set(project, (found = { project, use: new CacheUse(), models: new Map() }));
      let use = found.models.get(model);
      if (!use) found.models.set(model, (use = new CacheUse()));
      return use;
    };
    for (const row of ledger.usage(filter, stretches, ["project"])) at(row.project, row.model).add(row, costs);
    addExpiries(question, { ledger, costs }, at);
    const all = new CacheUse();
    const models = new Map<string, CacheUse>();
    for (const { use, models: own } of projects.values()) {
      for (const [model, one] of own) {
        use.merge(one);
        models.set(model, models.get(model) ?? new CacheUse());
        models.get(model)?.merge(one);
      }
      all.merge(use);
    }
    const names = projectNames(projects.keys());
    const found = [...projects.values()].toSorted(
      (a, b) => promptOf(b.use) - promptOf(a.use) || (a.project < b.project ? -1 : 1),
    );
    return {
      columns: COLUMNS,
      rows: found.flatMap(({ project, use, models }) => [
        cells(names.get(project) ?? project, use),
        ...(isBrokenDown ? bySize(models).map(([model, one]) => cells(`  ${shortModel(model)}`, one)) : []),
      ]),
      ...(found.length > 0 && { totals: cells("Total", all) }),
      empty: "No response in this range.",
      notes: found.length > 0 ? notesOf(all, costs) : [],
      json: {
        projects: found.map(({ project, use, models }) => ({ project, ...jsonOf(use), models: byModel(models) })),
        models: byModel(models),
        totals: jsonOf(all),
      },
    };
  },
};

/** A cache is one session's, and within it the main thread's or that of its subagents. */
function addExpiries(
  { filter }: Question,
  { ledger, costs }: Pick<Books, "ledger" | "costs">,
  at: (project: string, model: string) => CacheUse,
): void {
  const threads = Map.groupBy(ledger.responses(filter), ({ session, agent }) => `${session}\n${agent}`);
  for (const responses of threads.values()) {
    const project = responses[0]?.project ?? "";
    for (const { model, tokens, lost } of expiriesOf(responses, costs)) {
      const use = at(project, model);
      use.expiries++;
      use.rewritten += tokens;
      use.lost += lost ?? 0n;
    }
  }
}

/** Money of it, micro-dollars; null where nothing of it has a price. */
const moneyOf = (use: CacheUse, pico: bigint): number | null =>
  use.unpriced > 0 && use.unpriced === use.read + use.written ? null : microsOf(pico);

const cells = (name: string, use: CacheUse): Cell[] => [
  name,
  use.hitPercent,
  use.read,
  use.written,
  use.input,
  moneyOf(use, use.saved),
  moneyOf(use, use.writes),
  moneyOf(use, use.lost),
  use.rewritten,
];

function notesOf(all: CacheUse, { mode }: Costs): string[] {
  return [
    "Hits: tokens read from the cache, of all tokens of the prompts. Saved: against the price of input. By list prices.",
    `Lost is an estimate: what was written again after pauses longer than the cache lives, ${count(all.expiries)} times.`,
    ...(mode === "display" ? ["--cost-mode display uses no prices, without which none of this money is known."] : []),
    ...(mode !== "display" && all.unpriced > 0
      ? [`Without a price, and in none of the sums of money: ${count(all.unpriced)} tokens.`]
      : []),
  ];
}

const promptOf = ({ read, written, input }: CacheUse): number => read + written + input;

/** Models, the largest prompts first. */
const bySize = (models: ReadonlyMap<string, CacheUse>): [string, CacheUse][] =>
  [...models].toSorted(([a, one], [b, other]) => promptOf(other) - promptOf(one) || (a < b ? -1 : 1));

const byModel = (models: ReadonlyMap<string, CacheUse>) =>
  bySize(models).map(([model, use]) => ({ model, ...jsonOf(use) }));

const jsonOf = (use: CacheUse) => ({
  hitPercent: use.hitPercent,
  cacheReadTokens: use.read,
  cacheCreationTokens: use.written,
  inputTokens: use.input,
  saved: dollars(moneyOf(use, use.saved)),
  writes: dollars(moneyOf(use, use.writes)),
  writesMoreThanInput: dollars(moneyOf(use, use.extra)),
  estimate: { expiries: use.expiries, rewrittenTokens: use.rewritten, lost: dollars(moneyOf(use, use.lost)) },
  unpricedTokens: use.unpriced,
});
