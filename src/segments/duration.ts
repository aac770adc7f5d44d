import { duration as formatDuration } from "../utils/terminal.ts";
import type { Segment } from "./contract.ts";

/** The duration of the session. */
export const duration: Segment = {
  name: "duration",
  description: "duration of the session",
  row: 1,
  priority: 30,
  render(view) {
    const { durationMs } = view.session.cost;
    return durationMs === null ? null : view.style.quiet(formatDuration(durationMs));
  },
};
