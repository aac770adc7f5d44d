import { fullest, type Limit, limitPriority, limitText, type Segment, type View } from "./contract.ts";

/** The weekly limit: bar, percent, time to reset. */
export const weekly: Segment = {
  name: "weekly",
  meaning: "the weekly limit: bar, percent, time to reset",
  row: 2,
  priority: (view) => limitPriority(93, fullest(view, limitsOf(view))),
  render(view) {
    const [limit] = limitsOf(view);
    return limit ? limitText(view, "7d", limit, "bar") : null;
  },
};

const limitsOf = (view: View): Limit[] => view.limits.filter((one) => one.key === "seven_day");
