import { clean } from "../utils/terminal.ts";
import { type Segment, truncateText } from "./contract.ts";

/** Columns that the name keeps when it is cut. */
const MIN_COLUMNS = 8;

/** The agent that the session runs as. */
export const agent: Segment = {
  name: "agent",
  description: "the agent that the session runs as",
  row: 1,
  priority: 55,
  render(view) {
    const { agent } = view.session;
    if (agent === null) return null;
    const label = view.style.quiet("agent ");
    return truncateText(view, clean(agent, 40), MIN_COLUMNS, label);
  },
};
