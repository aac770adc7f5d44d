import { duration as stretch } from "../utils/terminal.ts";
import type { Segment } from "./contract.ts";

/** How long the session has lasted. */
export const duration: Segment = {
  name: "duration",
  description: "how long the session has lasted",
  row: 1,
  priority: 30,
  render(view) {
    const { durationMs } = view.session.cost;
    return durationMs === null ? null : view.look.quiet(stretch(durationMs));
  },
};
