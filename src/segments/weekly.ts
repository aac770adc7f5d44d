import { withKey } from "../model/quota.ts";
import { highestPercent, limitPriority, limitText, type Segment } from "./contract.ts";

/** The weekly limit: bar, percent, time to reset. */
export const weekly: Segment = {
  name: "weekly",
  description: "the weekly limit: bar, percent, time to reset",
  row: 2,
  priority: (view) => limitPriority(93, highestPercent(view, [withKey(view.limits, "seven_day")])),
  render(view) {
    const limit = withKey(view.limits, "seven_day");
    return limit ? limitText(view, "7d", limit, "bar") : null;
  },
};
