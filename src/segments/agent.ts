import { clean } from "../utils/terminal.ts";
import { type Segment, shortened } from "./contract.ts";

/** Columns of the name that always stay. */
const LEAST = 8;

/** Agent that the session runs as. */
export const agent: Segment = {
  name: "agent",
  description: "agent that the session runs as",
  row: 1,
  priority: 55,
  render(view) {
    const { agent } = view.session;
    if (agent === null) return null;
    const label = view.look.quiet("agent ");
    return shortened(view, clean(agent, 40), LEAST, label);
  },
};
