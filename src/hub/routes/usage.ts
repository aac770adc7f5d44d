import { z } from "zod";
import type { Dimension, UsageRow } from "../../ledger/rows.ts";
import { dateOfDay } from "../../pricing/costs.ts";
import { importedDays } from "../../reports/shared/usage/imported-days.ts";
import { UsageGroups } from "../../reports/shared/usage/groups.ts";
import { route } from "./contract.ts";
import { page, pageFields, pageOf, selection } from "./shared/parameters.ts";
import { usageOf, selectedUsage, usageSchema } from "./shared/usage.ts";

const groupings = ["day", "model", "machine", "person", "project", "source"] as const;
type Grouping = (typeof groupings)[number];

const isGrouping = (text: string): text is Grouping => groupings.some((one) => one === text);
const by = z
  .string()
  .max(100)
  .refine((text) => text.split(",").every(isGrouping), `a list of ${groupings.join(", ")}`)
  .default("day");
/** What the ledger groups by for each grouping; days and models are always apart. */
const DIMENSIONS: Readonly<Record<Grouping, readonly Dimension[]>> = {
  day: [],
  model: [],
  machine: ["machine"],
  person: ["machine"],
  project: ["project"],
  source: ["source"],
};

/** What a row of usage belongs to; an imported day has no project. */
type UsageLabels = Pick<UsageRow, "machine" | "source" | "model"> & { readonly date: string; readonly project: string };

/** Usage, summed as asked. */
export const usage = route({
  name: "usage",
  description: "tokens and cost, summed by any of day, model, machine, person, project and source",
  method: "GET",
  path: "/api/v1/usage",
  scope: "read",
  params: z.strictObject({ ...selection, ...page, by: by.describe("what to group by, separated by commas") }),
  answer: z.object({
    usage: z.array(usageSchema.extend(Object.fromEntries(groupings.map((name) => [name, z.string().optional()])))),
    totals: usageSchema,
    ...pageFields,
  }),
  async read({ by: given, limit, offset, ...selected }, context) {
    const { query, place, costs, members } = await selectedUsage(selected, context);
    const grouped = given.split(",").filter(isGrouping);
    const groups = new UsageGroups<string>(costs);
    const keyOf = (row: UsageLabels): string => {
      const { name = row.machine, person = "" } = members.get(row.machine) ?? {};
      const all = { day: row.date, model: row.model, machine: name, person, project: row.project, source: row.source };
      return JSON.stringify(Object.fromEntries(grouped.map((one) => [one, all[one]])));
    };
    const dimensions = [...new Set(grouped.flatMap((one) => DIMENSIONS[one]))];
    for (const row of await place.queries.usage(query.filter, query.intervals, dimensions))
      groups.addRow(keyOf({ ...row, date: dateOfDay(row.day) }), row);
    for (const day of await importedDays(query, place)) groups.addDay(keyOf({ ...day, project: "" }), day);
    const rows = [...groups.byKey].map(([key, group]) => ({
      ...(JSON.parse(key) as Partial<Record<Grouping, string>>),
      ...usageOf(group.all),
    }));
    const isByDay = grouped.includes("day");
    const sorted = rows.toSorted((a, b) =>
      isByDay
        ? (a.day ?? "").localeCompare(b.day ?? "")
        : (b.totalCost ?? 0) - (a.totalCost ?? 0) || b.totalTokens - a.totalTokens,
    );
    const { rows: shown, ...more } = pageOf(sorted, { limit, offset });
    return { body: { usage: shown, totals: usageOf(groups.all.all), ...more } };
  },
});
