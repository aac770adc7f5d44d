import { count } from "../../../render/format.ts";
import { titleOf } from "../assistants.ts";
import type { ReportContext, ReportQuery } from "../report.ts";

/** Notes and JSON fields about responses whose usage no assistant recorded, so that no sum includes them. */
export interface NotRecorded {
  /** One sentence, or none without such responses. */
  readonly notes: readonly string[];
  /** One JSON field, or none without such responses. */
  readonly fields: { readonly notRecorded?: readonly { source: string; reason: string; responses: number }[] };
}

/** The unrecorded responses of a query. They include all models, since few are known by model. */
export async function notRecordedOf(
  { filter }: Pick<ReportQuery, "filter">,
  context: ReportContext,
): Promise<NotRecorded> {
  const rows = await context.queries.unrecorded(filter);
  if (rows.length === 0) return { notes: [], fields: {} };
  const sumOf = (some: typeof rows): number => some.reduce((sum, { responses }) => sum + responses, 0);
  const parts = [...Map.groupBy(rows, ({ source }) => source)]
    .map(([source, some]) => ({ title: titleOf(context.assistants, source), responses: sumOf(some) }))
    .toSorted((a, b) => b.responses - a.responses || (a.title < b.title ? -1 : 1))
    .map(({ title, responses }) => `${title} ${count(responses)}`);
  const reasons = new Set(rows.map(({ name }) => name));
  const [reason = ""] = reasons.size === 1 ? reasons : [];
  const { usage, activity } = await context.queries.progress();
  const total = sumOf(rows);
  const what = [
    // They are read in the activity phase, after all responses.
    ...(activity < usage ? ["at least"] : []),
    count(total),
    ...(reason === "" ? [] : [reason]),
    total === 1 ? "response" : "responses",
    ...(filter.model === undefined ? [] : ["of any model"]),
  ].join(" ");
  return {
    notes: [`Not recorded: ${what} (${parts.join(", ")}); see pawprint sources for the reasons.`],
    fields: {
      notRecorded: rows.map(({ source, name, responses }) => ({ source, reason: name, responses })),
    },
  };
}
