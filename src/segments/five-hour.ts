import { withKey } from "../model/quota.ts";
import { highestPercent, limitPriority, limitText, type Segment } from "./contract.ts";

/** The five-hour limit: bar, percent, time to reset. */
export const fiveHour: Segment = {
  name: "five-hour",
  description: "the five-hour limit: bar, percent, time to reset",
  row: 2,
  priority: (view) => limitPriority(95, highestPercent(view, [withKey(view.limits, "five_hour")])),
  render(view) {
    const limit = withKey(view.limits, "five_hour");
    return limit ? limitText(view, "5h", limit, "bar") : null;
  },
};
