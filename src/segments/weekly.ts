import { limitText, type Segment } from "./contract.ts";

/** The weekly limit: bar, percent, time to reset. */
export const weekly: Segment = {
  name: "weekly",
  meaning: "the weekly limit: bar, percent, time to reset",
  row: 2,
  priority: 93,
  render(view) {
    const limit = view.limits.find((one) => one.key === "seven_day");
    return limit ? limitText(view, "7d", limit, "bar") : null;
  },
};
