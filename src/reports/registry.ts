import type { Report } from "./contract.ts";
import { accounts } from "./accounts.ts";
import { activity } from "./activity.ts";
import { blocks } from "./blocks.ts";
import { branches } from "./branches.ts";
import { cache } from "./cache.ts";
import { compare } from "./compare.ts";
import { daily } from "./daily.ts";
import { diagnostics } from "./diagnostics.ts";
import { feed } from "./feed.ts";
import { files } from "./files.ts";
import { git } from "./git.ts";
import { heatmap } from "./heatmap.ts";
import { hourly } from "./hourly.ts";
import { limits } from "./limits.ts";
import { machines } from "./machines.ts";
import { models } from "./models.ts";
import { monthly } from "./monthly.ts";
import { now } from "./now.ts";
import { overview } from "./overview.ts";
import { projects } from "./projects.ts";
import { session } from "./session.ts";
import { sources } from "./sources.ts";
import { timeline } from "./timeline.ts";
import { tools } from "./tools.ts";
import { turns } from "./turns.ts";
import { weekly } from "./weekly.ts";

/** All reports, in the order of the help. */
export const reports: readonly Report[] = [
  hourly,
  daily,
  weekly,
  monthly,
  session,
  activity,
  turns,
  timeline,
  blocks,
  compare,
  projects,
  accounts,
  machines,
  models,
  branches,
  tools,
  files,
  git,
  heatmap,
  cache,
  limits,
  diagnostics,
  sources,
  feed,
  now,
  overview,
];
