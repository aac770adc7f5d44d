import type { Costs } from "../pricing/costs.ts";
import { responseNotes } from "./shared/assistants.ts";
import { keyOf } from "./shared/keys.ts";
import { importedDays, importNotes } from "./shared/usage/imported-days.ts";
import { modelNames } from "./shared/usage/names.ts";
import { shareColumn } from "./shared/usage/columns.ts";
import { type ModelUsage, UsageGroups, shareOf } from "./shared/usage/groups.ts";
import { LABEL, type UsageLayout, usageResult } from "./shared/usage/result.ts";
import { CostKind, microsOf } from "../model/price.ts";
import { dollars } from "../render/format.ts";
import { noTokens, type Tokens, byTokenClass, tokenClasses } from "../model/tokens.ts";
import { USAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** Usage by model, most expensive first, with its list price per million tokens. */
export const models: Report = {
  name: "models",
  description: "tokens, cost and list price of each model (most expensive first)",
  options: [...USAGE, "id"],
  examples: [
    { args: "models --last 4w", description: "the models used in four weeks" },
    { args: "models --source codex", description: "the models of one assistant" },
  ],
  related: ["prices", "cache"],
  async run(query, context) {
    const { queries, costs } = context;
    const groups = new UsageGroups<string>(costs);
    // An assistant that reports no reasoning tokens in this range gets null, not 0.
    const reasoningSources = new Set<string>();
    for (const row of await queries.usage(query.filter, query.intervals, ["source"])) {
      groups.addRow(keyOf(row.model, row.source), row);
      if (row.reasoning > 0) reasoningSources.add(row.source);
    }
    const days = await importedDays(query, context);
    for (const day of days) groups.addDay(keyOf(day.model, day.source), day);
    const byCost = groups.byCost();
    // The names need to differ within an assistant only, because the rows of two differ in its column.
    const bySource = Map.groupBy(
      byCost.flatMap(([, { parts }]) => parts),
      ({ source }) => source,
    );
    const namesOf = (parts: readonly ModelUsage[]) =>
      modelNames(
        parts.map(({ model }) => model),
        context.modelNames,
      );
    const names = new Map(bySource.entries().map(([source, parts]) => [source, namesOf(parts)]));
    const lines = byCost.map(([, group]) => {
      const { model = "", source = "" } = group.parts[0] ?? {};
      const share = shareOf(group.all, groups.all.all);
      const price = pricesOf(model, costs, Math.min(query.now, query.filter.to - 1));
      const { responses } = group.all;
      const reasoning = reasoningSources.has(source) ? group.all.reasoning : null;
      return {
        group,
        name: names.get(source)?.get(model) ?? model,
        price,
        fields: {
          modelName: model,
          source,
          responses,
          reasoningTokens: reasoning,
          share,
          pricesPerMillion: price && Object.fromEntries(tokenClasses.map((name) => [name, dollars(price[name])])),
        },
      };
    });
    const { all } = groups.all;
    const layout: UsageLayout<(typeof lines)[number]> = {
      list: "models",
      lead: [
        { name: "Model", kind: "text", priority: LABEL, shorten: true, value: ({ name }) => name },
        {
          name: "Responses",
          kind: "integer",
          priority: 25,
          value: ({ fields }) => fields.responses,
          field: "responses",
          total: () => all.responses,
        },
      ],
      tail: [
        {
          // Part of the output tokens.
          name: "Reasoning",
          kind: "tokens",
          priority: 22,
          isHidden: reasoningSources.size === 0,
          value: ({ fields }) => fields.reasoningTokens,
          field: "reasoningTokens",
          total: () => all.reasoning,
        },
        shareColumn(all),
        { name: "$/M in", kind: "money", priority: 20, value: ({ price }) => price?.input ?? null },
        { name: "$/M out", kind: "money", priority: 21, value: ({ price }) => price?.output ?? null },
      ],
      notes: [...importNotes(days), ...responseNotes(context.assistants, groups.all.sources)],
      isByModel: true,
      hasAssistants: true,
    };
    return usageResult(layout, lines, groups, query, context);
  },
};

/** List prices of a model at a time (epoch ms): micro-dollars for a million tokens of each class; null without a price. */
function pricesOf(model: string, costs: Costs, at: number): Tokens | null {
  const kind = { model, speed: "", tier: "", region: "", context: 0, costKind: CostKind.none, searches: 0, cost: 0 };
  if (costs.of({ ...kind, ...noTokens }, at) === null) return null;
  return byTokenClass((name) => microsOf(costs.of({ ...kind, ...noTokens, [name]: 1_000_000 }, at) ?? 0n));
}
