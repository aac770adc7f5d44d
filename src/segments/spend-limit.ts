import { limitText, type Segment } from "./contract.ts";

/** The spend limit of a gateway: bar, percent, spent and limit, time to reset. */
export const spendLimit: Segment = {
  name: "spend-limit",
  meaning: "the spend limit of a Claude apps gateway: bar, percent, spent and limit, time to reset",
  row: 2,
  priority: 88,
  render(view) {
    const limit = view.limits.find((one) => one.key === "spend_limit");
    return limit ? limitText(view, "spend", limit, "bar") : null;
  },
};
