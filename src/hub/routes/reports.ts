import { z } from "zod";
import { dataOf } from "../../reports/shared/data/data.ts";
import { reportDataSchema } from "../../reports/shared/data/schema.ts";
import { FLAGS, type ReportOptions, VALUES } from "../../reports/shared/options.ts";
import { MIN_COLUMNS } from "../../reports/shared/report.ts";
import { runWithOptions } from "../../reports/shared/run.ts";
import { reports as all } from "../../reports/registry.ts";
import { PawprintError } from "../../utils/errors.ts";
import { find } from "../../utils/registry.ts";
import { type PlaceContext, route } from "./contract.ts";
import { zoneAsked } from "./shared/usage.ts";

/** The widest terminal that a report is drawn for, columns. */
const MAX_COLUMNS = 1_000;

const optional = <const Name extends string>(names: readonly Name[], schema: z.ZodType<string>) =>
  Object.fromEntries(names.map((name) => [name, schema.optional()])) as Record<Name, z.ZodOptional<z.ZodType<string>>>;

/** A report over the hub's ledger, with the options of the command of that name as parameters. */
export const reports = route({
  name: "reports",
  description: "a report over all machines or some: its columns, rows, notes and JSON; with width also as lines",
  method: "GET",
  path: "/api/v1/reports/:name",
  scope: "read",
  params: z.strictObject({
    name: z.string().max(100),
    ...optional([...VALUES, "machine", "person", "timezone"], z.string().min(1).max(1_000)),
    ...optional(FLAGS, z.enum(["true", "1"])),
    width: z.coerce.number().int().min(MIN_COLUMNS).max(MAX_COLUMNS).optional(),
    glyphs: z.enum(["unicode", "ascii"]).optional(),
  }),
  answer: reportDataSchema,
  async read({ name, width, glyphs = "unicode", timezone, ...given }, { place }: PlaceContext) {
    const report = find(all, name, "report");
    const options = optionsFor(report, given);
    const result = await runWithOptions(report, options, zoneAsked(timezone), place);
    return { body: dataOf(report.name, result, width === undefined ? null : { width, glyphs }) };
  },
});

/** The parameters as the options of a report. Throws bad_usage for one that would change nothing. */
function optionsFor(
  { name, options: taken }: (typeof all)[number],
  given: Readonly<Record<string, string | undefined>>,
): ReportOptions {
  const options: Record<string, string | true> = {};
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const isTaken = [...taken, "machine", "person"].some((one) => one === option);
    if (!isTaken) throw new PawprintError("bad_usage", `${name} takes no ${option}`, `it takes: ${taken.join(", ")}`);
    options[option] = FLAGS.some((one) => one === option) ? true : value;
  }
  return options;
}
