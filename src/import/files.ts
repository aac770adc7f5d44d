import { z } from "zod";
import type { DayObservation, Observation } from "../model/observation.ts";
import { PawprintError } from "../utils/errors.ts";
import { fields } from "../utils/json.ts";
import { clean } from "../utils/terminal.ts";
import { parseCcusage } from "./ccusage.ts";
import { parseStatsCache } from "./stats-cache.ts";

/** Enough for more than a century of days. */
const MAX_BYTES = 64 * 1_048_576;
const HINT = "import takes ccusage's daily report (ccusage claude daily --json) and Claude Code's stats-cache.json";
/** ccusage reports whose rows are not days. */
const NO_DAYS = ["weekly", "monthly", "session", "sessions", "blocks"];

/** Reads a JSON file from outside. Throws not_found, bad_usage or answer_unusable. */
export async function readJson(path: string, hint = HINT): Promise<unknown> {
  const name = clean(path, 500);
  const file = Bun.file(path);
  const stat = await file.stat().catch(() => null);
  if (!stat) throw new PawprintError("not_found", `there is no ${name}`, hint);
  // A pipe or a device may never end.
  if (!stat.isFile()) throw new PawprintError("bad_usage", `${name} is not a regular file`, hint);
  if (stat.size > MAX_BYTES) throw new PawprintError("bad_usage", `${name} is larger than 64 MB`, hint);
  try {
    return JSON.parse((await file.text()).replace(/^\ufeff/, ""));
  } catch (error) {
    throw new PawprintError("answer_unusable", `${name} is not JSON or cannot be read`, hint, error);
  }
}

/**
 * The days in a file. Throws bad_usage for reports over other periods, and answer_unusable for anything that is not a
 * report.
 */
export function parseDays(value: unknown, path: string): DayObservation[] {
  const name = clean(path, 500);
  const has = (key: string): boolean => Object.hasOwn(fields(value), key);
  const other = NO_DAYS.find(has);
  if (other && !has("daily")) {
    throw new PawprintError("bad_usage", `${name} is a ${other} report; only daily reports can be imported`, HINT);
  }
  try {
    return has("dailyModelTokens") ? parseStatsCache(value) : parseCcusage(value);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const problem = has("daily") || has("projects") || has("dailyModelTokens") ? problemOf(error) : "unknown format";
    throw new PawprintError("answer_unusable", `${name} cannot be imported: ${clean(problem)}`, HINT, error);
  }
}

/** The first problem, and where it is. */
function problemOf(error: z.ZodError): string {
  const issues = error.issues.flatMap((issue) => (issue.code === "invalid_union" ? issue.errors.flat() : [issue]));
  // A report may have several forms; the problem in the form that matches best is the deepest.
  const [deepest] = issues.toSorted((a, b) => b.path.length - a.path.length);
  return deepest ? `${deepest.path.join(".")}: ${deepest.message}` : "unknown format";
}

/** Days as observations for the ledger of a machine. */
export function dayObservations(
  machine: string,
  source: string,
  days: readonly DayObservation[],
): Observation<"day">[] {
  return days.map((body) => ({
    kind: "day",
    key: `day:${machine}:${source}:${body.date}:${body.model}:${body.provenance}`,
    body,
  }));
}
