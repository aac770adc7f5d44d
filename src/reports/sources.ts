import { USAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** The supported assistants: their files, where they were found, the newest response, usage, and what is not recorded. */
export const sources: Report = {
  name: "sources",
  options: [...USAGE],
  description: "files, newest response and usage of each assistant; what it does not record, and why",
  needsActivity: true,
  examples: [
    { args: "sources", description: "the assistants on this machine and what is read from them" },
    { args: "sources --json", description: "with all paths" },
  ],
  related: ["scan"],
  run: async (query, context) =>
    context.members
      ? (await import("./shared/hub/sources.ts")).hubSources(query, context)
      : (await import("./shared/own/sources.ts")).ownSources(query, context),
};
