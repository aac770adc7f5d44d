import { PLACE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

export type { NowJson } from "./shared/now/result.ts";

/** Today against a usual day, the burn rate, sessions at work, and what each machine does. */
export const now: Report = {
  name: "now",
  description: "today against a usual day, burn rate, sessions at work; the last hour of each machine",
  options: [...PLACE, "model", "cost-mode"],
  examples: [
    { args: "now", description: "what is used at this moment" },
    { args: "now --hub", description: "on all machines of the hub" },
  ],
  related: ["overview", "feed", "limits"],
  run: async (query, context) => (await import("./shared/now/result.ts")).nowResult(query, context),
};
