import { z } from "zod";
import type { DayObservation } from "../model/observation.ts";
import { day } from "./day.ts";

const count = z.int().min(0).max(1e15);
const tokens = {
  inputTokens: count,
  outputTokens: count,
  cacheCreationTokens: count.default(0),
  cacheReadTokens: count.default(0),
};
const dollars = z.number().min(0).max(1e6).nullable().default(null);
const row = z
  .object({
    ...tokens,
    date: day.optional(),
    /** The name of the date in reports of version 20 over all assistants. */
    period: day.optional(),
    metadata: z.object({ agents: z.array(z.string()).optional() }).optional(),
    totalCost: dollars,
    modelsUsed: z.array(z.string()).default([]),
    modelBreakdowns: z.array(z.object({ ...tokens, modelName: z.string().min(1).max(200), cost: dollars })).default([]),
  })
  .refine(({ date, period }) => date ?? period, "no date")
  .refine(({ metadata }) => metadata?.agents?.every((agent) => agent === "claude") ?? true, {
    error: "includes tokens of other assistants: use ccusage claude daily --json",
  });
type CcusageRow = z.infer<typeof row>;

const report = z.union([
  z.object({ daily: z.array(row) }).transform(({ daily }) => daily),
  z
    .object({ projects: z.record(z.string(), z.array(row)) })
    .transform(({ projects }) => Object.values(projects).flat()),
]);

/** Parses `ccusage daily --json`, also with --instances, of versions 17 to 20. Throws a ZodError for anything else. */
export function parseCcusage(value: unknown): DayObservation[] {
  const days = new Map<string, DayObservation>();
  for (const one of report.parse(value).flatMap(daysOf)) {
    const key = `${one.date}\n${one.model}`;
    const known = days.get(key);
    days.set(key, known ? sumOfDays(known, one) : one);
  }
  return [...days.values()];
}

/** The models of a day, or the whole day if it does not list them. */
function daysOf(one: CcusageRow): DayObservation[] {
  const { date, period, modelBreakdowns, modelsUsed, totalCost } = one;
  const parts = modelBreakdowns.length > 0 ? modelBreakdowns : [{ ...one, modelName: "", cost: totalCost }];
  const [only, ...more] = modelsUsed;
  return parts
    .map((part): DayObservation => ({
      date: date ?? period ?? "",
      model: part.modelName || (more.length === 0 && only) || "",
      provenance: "ccusage",
      input: part.inputTokens,
      output: part.outputTokens,
      cacheWrite: part.cacheCreationTokens,
      cacheRead: part.cacheReadTokens,
      unsplit: 0,
      // ccusage reports 0 for models without a price.
      cost: part.cost === null || part.cost === 0 ? null : Math.round(part.cost * 1e9),
    }))
    .filter(({ input, output, cacheWrite, cacheRead }) => input + output + cacheWrite + cacheRead > 0);
}

function sumOfDays(a: DayObservation, b: DayObservation): DayObservation {
  return {
    ...a,
    input: a.input + b.input,
    output: a.output + b.output,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    cacheRead: a.cacheRead + b.cacheRead,
    cost: a.cost === null || b.cost === null ? null : a.cost + b.cost,
  };
}
