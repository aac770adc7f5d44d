import { pet } from "./pet.ts";
import { model } from "./model.ts";
import { project } from "./project.ts";
import { branch } from "./branch.ts";
import { context } from "./context.ts";
import { cost } from "./cost.ts";
import { today } from "./today.ts";
import { burn } from "./burn.ts";
import { duration } from "./duration.ts";
import { lines } from "./lines.ts";
import { fiveHour } from "./five-hour.ts";
import { weekly } from "./weekly.ts";
import { modelWeekly } from "./model-weekly.ts";
import { spendLimit } from "./spend-limit.ts";
import { extraUsage } from "./extra-usage.ts";
import { pace } from "./pace.ts";
import { assistant } from "./assistant.ts";
import { cache } from "./cache.ts";
import { pr } from "./pr.ts";
import { agent } from "./agent.ts";
import { vim } from "./vim.ts";
import { diagnostics } from "./diagnostics.ts";
import { logger } from "./logger.ts";
import type { Segment } from "./contract.ts";

/** The registry of segments, in the order in which tables list them. */
export const segments: readonly Segment[] = [
  pet,
  model,
  project,
  branch,
  context,
  cost,
  today,
  burn,
  duration,
  lines,
  fiveHour,
  weekly,
  modelWeekly,
  spendLimit,
  extraUsage,
  pace,
  assistant,
  cache,
  pr,
  agent,
  vim,
  diagnostics,
  logger,
];
