import { extraSpend, isSameMonth } from "../model/quota.ts";
import { ageOf, amountsOf, limitText, roleOf, type Segment } from "./contract.ts";

/** Extra usage beyond the plan: spent and limit; where there is no plan it is the limit, with bar and percent. */
export const extraUsage: Segment = {
  name: "extra-usage",
  meaning:
    "extra usage beyond the plan: spent and limit; of accounts without windows (Enterprise) also bar and percent",
  row: 2,
  priority: 50,
  render(view) {
    const { extra, look, now, limits } = view;
    if (extra === null) return null;
    const { seenAt, percent } = extra;
    const spend = extraSpend(extra);
    const isCurrent = isSameMonth(seenAt, now);
    if (isCurrent && percent !== null && limits.length === 0)
      return limitText(view, "extra", { key: "extra_usage", percent, resetsAt: null, spend, seenAt }, "bar");
    const role = !isCurrent ? "quiet" : percent === null ? "plain" : roleOf(percent);
    const amounts = amountsOf(view, spend, role);
    return amounts && `${look.paint("quiet", "extra")} ${amounts}${ageOf(view, seenAt)}`;
  },
};
