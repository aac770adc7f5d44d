import { withKey } from "../model/quota.ts";
import { highestPercent, limitPriority, limitText, type Segment } from "./contract.ts";

/** The spend limit of a gateway: bar, percent, amount spent and limit, time to reset. */
export const spendLimit: Segment = {
  name: "spend-limit",
  description: "the spend limit of a Claude apps gateway: bar, percent, amount spent and limit, time to reset",
  row: 2,
  priority: (view) => limitPriority(88, highestPercent(view, [withKey(view.limits, "spend_limit")])),
  render(view) {
    const limit = withKey(view.limits, "spend_limit");
    return limit ? limitText(view, "spend", limit, "bar") : null;
  },
};
