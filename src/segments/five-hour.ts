import { fullest, type Limit, limitPriority, limitText, type Segment, type View } from "./contract.ts";

/** The five-hour limit: bar, percent, time to reset. */
export const fiveHour: Segment = {
  name: "five-hour",
  meaning: "the five-hour limit: bar, percent, time to reset",
  row: 2,
  priority: (view) => limitPriority(95, fullest(view, limitsOf(view))),
  render(view) {
    const [limit] = limitsOf(view);
    return limit ? limitText(view, "5h", limit, "bar") : null;
  },
};

const limitsOf = (view: View): Limit[] => view.limits.filter((one) => one.key === "five_hour");
