import { USAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

export type { FeedJson } from "./shared/usage/feed.ts";

/** The newest responses, newest first. */
export const feed: Report = {
  name: "feed",
  description: "the newest responses, newest first: machine, project, model, tokens and cost of each",
  options: [...USAGE, "id"],
  examples: [
    { args: "feed --limit 10", description: "the last ten responses" },
    { args: "feed --hub --last 1h", description: "those of all machines of the hub in the last hour" },
  ],
  related: ["now", "activity", "session"],
  run: async (query, context) => (await import("./shared/usage/feed.ts")).feedResult(query, context),
};
