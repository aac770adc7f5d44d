import { USAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

/** The machines of a hub: when each was last seen, what it still has to send, and its usage, most expensive first. */
export const machines: Report = {
  name: "machines",
  isAboutHub: true,
  description: "the machines of the hub: when each was last seen, what it still has to send, its tokens and cost",
  options: [...USAGE, "breakdown"],
  examples: [
    { args: "machines", description: "all machines of the hub" },
    { args: "machines --last 7d --breakdown", description: "what each used in a week, with a row for each model" },
  ],
  related: ["daily", "accounts"],
  async run(query, context) {
    return (await import("./shared/hub/machines.ts")).hubMachines(query, context);
  },
};
