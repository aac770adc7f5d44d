import { fullest, type Limit, limitPriority, limitText, type Segment, type View } from "./contract.ts";

/** The spend limit of a gateway: bar, percent, spent and limit, time to reset. */
export const spendLimit: Segment = {
  name: "spend-limit",
  meaning: "the spend limit of a Claude apps gateway: bar, percent, spent and limit, time to reset",
  row: 2,
  priority: (view) => limitPriority(88, fullest(view, limitsOf(view))),
  render(view) {
    const [limit] = limitsOf(view);
    return limit ? limitText(view, "spend", limit, "bar") : null;
  },
};

const limitsOf = (view: View): Limit[] => view.limits.filter((one) => one.key === "spend_limit");
