import { PLACE, RANGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

export type { TimelineJson } from "./shared/session/timeline.ts";

/** When sessions were at work. */
export const timeline: Report = {
  name: "timeline",
  description: "when each session was at work, and the most at once; without a range of yesterday and today",
  options: [...RANGE, ...PLACE, "model", "cost-mode", "id"],
  days: 2,
  examples: [
    { args: "timeline today", description: "the sessions of today" },
    { args: "timeline 7d --hub", description: "those of all machines in seven days" },
  ],
  related: ["activity", "turns"],
  run: async (query, context) => (await import("./shared/session/timeline.ts")).timelineResult(query, context),
};
