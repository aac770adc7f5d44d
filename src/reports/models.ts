import type { Costs } from "../pricing/costs.ts";
import { importedDays, importNotes } from "./shared/usage/imported-days.ts";
import { modelNames } from "./shared/usage/names.ts";
import { UsageGroups, shareOf } from "./shared/usage/tally.ts";
import { dollars, LABEL, usageAnswer } from "./shared/usage/answer.ts";
import { microsOf } from "../model/price.ts";
import type { Column } from "../render/table.ts";
import { noTokens, type Tokens, tokenClasses } from "../model/tokens.ts";
import type { Report } from "./contract.ts";

/** A part of the output. */
const REASONING: Column = { name: "Reasoning", kind: "integer", priority: 22 };

/** Usage by model, the dearest first, with what a million of its tokens costs. */
export const models: Report = {
  name: "models",
  description: "tokens, cost and list price of each model, the dearest first",
  run(question, books) {
    const { queries: ledger, costs } = books;
    const accounts = new UsageGroups<string>(costs);
    const keyOf = ({ model, source }: { readonly model: string; readonly source: string }): string =>
      `${model}\n${source}`;
    // Who never tells reasoning in this range is not taken for one who does none.
    const tellers = new Set<string>();
    for (const row of ledger.usage(question.filter, question.intervals, ["source"])) {
      accounts.addRow(keyOf(row), row);
      if (row.reasoning > 0) tellers.add(row.source);
    }
    const days = importedDays(question, books);
    for (const day of days) accounts.addDay(keyOf(day), day);
    const byCost = accounts.byCost();
    const shown = modelNames(
      byCost.map(([, account]) => account.parts[0]?.model ?? ""),
      books.modelNames,
    );
    const lines = byCost.map(([, account]) => {
      const { model = "", source = "" } = account.parts[0] ?? {};
      const share = shareOf(account.all, accounts.all.all);
      const price = pricesOf(model, costs, Math.min(question.now, question.filter.to - 1));
      const { responses } = account.all;
      const reasoning = tellers.has(source) ? account.all.reasoning : null;
      return {
        account,
        lead: [shown.get(model) ?? model, responses],
        tail: [...(tellers.size > 0 ? [reasoning] : []), share, price?.input ?? null, price?.output ?? null],
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
    const form = {
      list: "models",
      lead: [
        { name: "Model", kind: "text", priority: LABEL, shorten: true },
        { name: "Responses", kind: "integer", priority: 25 },
      ],
      tail: [
        ...(tellers.size > 0 ? [REASONING] : []),
        { name: "Share", kind: "percent", priority: 60 },
        { name: "$/M in", kind: "money", priority: 20 },
        { name: "$/M out", kind: "money", priority: 21 },
      ],
      leadTotals: [accounts.all.all.responses],
      tailTotals: [
        ...(tellers.size > 0 ? [accounts.all.all.reasoning] : []),
        accounts.all.all.micros > 0 ? 100 : null,
        null,
        null,
      ],
      notes: importNotes(days),
      isByModel: true,
      hasAssistants: true,
    } as const;
    return usageAnswer(form, lines, accounts, question, books);
  },
};

/** Integer micro-dollars of a million tokens of each class at a time (epoch ms), by the list; null where there is no price. */
function pricesOf(model: string, costs: Costs, at: number): Tokens | null {
  const kind = { model, speed: "", tier: "", region: "", context: 0, isPriced: 0, searches: 0, cost: 0 };
  const micros = tokenClasses.map((name) => {
    const pico = costs.of({ ...kind, ...noTokens, [name]: 1_000_000 }, at);
    return [name, pico === null ? null : microsOf(pico)] as const;
  });
  return micros.every(([, price]) => price !== null) ? { ...noTokens, ...Object.fromEntries(micros) } : null;
}
