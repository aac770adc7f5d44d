import { count } from "../../../render/format.ts";
import { titleOf } from "../assistants.ts";
import type { ReportContext, ReportQuery } from "../question.ts";

/** What is to be said of responses whose usage no assistant wrote down, so that they are in no sum. */
export interface NotRecorded {
  /** A sentence where there are such. */
  readonly notes: readonly string[];
  /** A field for JSON where there are such. */
  readonly fields: { readonly notRecorded?: readonly { source: string; reason: string; responses: number }[] };
}

/** Responses of a question that are not recorded. Those of all models: few of them are known by model. */
export function notRecordedOf({ filter }: Pick<ReportQuery, "filter">, books: ReportContext): NotRecorded {
  const rows = books.queries.unrecorded(filter);
  if (rows.length === 0) return { notes: [], fields: {} };
  const sumOf = (some: typeof rows): number => some.reduce((sum, { responses }) => sum + responses, 0);
  const parts = [...Map.groupBy(rows, ({ source }) => source)]
    .map(([source, some]) => ({ title: titleOf(books.assistants, source), responses: sumOf(some) }))
    .toSorted((a, b) => b.responses - a.responses || (a.title < b.title ? -1 : 1))
    .map(({ title, responses }) => `${title} ${count(responses)}`);
  const reasons = new Set(rows.map(({ name }) => name));
  const [reason = ""] = reasons.size === 1 ? reasons : [];
  const { usage, activity } = books.progress;
  const total = sumOf(rows);
  const what = [
    // They are read in the second pass.
    ...(activity < usage ? ["at least"] : []),
    count(total),
    ...(reason === "" ? [] : [reason]),
    total === 1 ? "response" : "responses",
    ...(filter.model === undefined ? [] : ["of any model"]),
  ].join(" ");
  return {
    notes: [`Not recorded: ${what} (${parts.join(", ")}); pawprint sources says why.`],
    fields: {
      notRecorded: rows.map(({ source, name, responses }) => ({ source, reason: name, responses })),
    },
  };
}
