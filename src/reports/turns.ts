import { PLACE, ROWS } from "./shared/options.ts";
import type { Report } from "./contract.ts";

export type { TurnsJson } from "./shared/session/turn-report.ts";

/** One session turn by turn: prompts, what each led to, and what it used. */
export const turns: Report = {
  name: "turns",
  description: "one session turn by turn, by default the newest; prompts, tools, subagents, tokens and cost",
  options: [...PLACE, "id", "cost-mode", ...ROWS],
  needsActivity: true,
  examples: [
    { args: "turns", description: "the newest turns of the newest session" },
    {
      args: "turns --project shop --sort cost --limit 5",
      description: "the most expensive turns of a project's newest session",
    },
  ],
  related: ["activity", "timeline"],
  run: async (query, context) => (await import("./shared/session/turn-report.ts")).turnsResult(query, context),
};
