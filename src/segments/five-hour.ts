import { limitText, type Segment } from "./contract.ts";

/** The five-hour limit: bar, percent, time to reset. */
export const fiveHour: Segment = {
  name: "five-hour",
  meaning: "the five-hour limit: bar, percent, time to reset",
  row: 2,
  priority: 95,
  render(view) {
    const limit = view.limits.find((one) => one.key === "five_hour");
    return limit ? limitText(view, "5h", limit, "bar") : null;
  },
};
