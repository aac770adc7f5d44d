import { clean } from "../utils/terminal.ts";
import type { Segment } from "./contract.ts";

/** Agent that the session runs as. */
export const agent: Segment = {
  name: "agent",
  meaning: "agent that the session runs as",
  row: 1,
  priority: 55,
  render(view) {
    const { agent } = view.session;
    return agent === null ? null : view.look.paint("quiet", "agent ") + clean(agent, 40);
  },
};
