import { z } from "zod";
import type { DayObservation } from "../model/observation.ts";
import { day } from "./day.ts";

const cache = z.object({
  version: z.int().min(1),
  dailyModelTokens: z.array(
    z.object({ date: day, tokensByModel: z.record(z.string().min(1).max(200), z.int().min(0).max(1e15)) }),
  ),
});

/**
 * Parses the days of Claude Code's stats-cache.json. It has one sum of tokens for each day (UTC) and model, over all
 * classes of tokens, with a response counted once per transcript line. Throws a ZodError for anything else.
 */
export function parseStatsCache(value: unknown): DayObservation[] {
  const days = cache.parse(value).dailyModelTokens.flatMap(({ date, tokensByModel }) =>
    Object.entries(tokensByModel)
      .filter(([model, sum]) => sum > 0 && model !== "<synthetic>")
      .map(([model, unsplit]): DayObservation => ({ ...UNKNOWN, date, model, unsplit })),
  );
  return [...new Map(days.map((day) => [`${day.date}\n${day.model}`, day])).values()];
}

const UNKNOWN = { provenance: "stats-cache", input: 0, output: 0, cacheWrite: 0, cacheRead: 0, cost: null };
