import { extraSpend, isSameMonth } from "../model/quota.ts";
import { ageOf, amountsOf, limitPriority, limitText, roleOf, type Segment, type View } from "./contract.ts";

/** Extra usage beyond the plan: spent and limit; where there is no plan it is the limit, with bar and percent. */
export const extraUsage: Segment = {
  name: "extra-usage",
  description:
    "extra usage beyond the plan: spent and limit; of accounts without windows (Enterprise) also bar and percent",
  row: 2,
  priority: (view) => limitPriority(view.limits.length === 0 ? 88 : 50, percentNow(view)),
  render(view) {
    const { extra, look, now, limits } = view;
    if (extra === null) return null;
    const { seenAt } = extra;
    const spend = extraSpend(extra);
    const isCurrent = isSameMonth(seenAt, now);
    const percent = percentNow(view);
    if (percent !== null && limits.length === 0)
      return limitText(view, "extra", { key: "extra_usage", percent, resetsAt: null, spend, seenAt }, "bar");
    const role = !isCurrent ? "quiet" : percent === null ? "plain" : roleOf(percent);
    const amounts = amountsOf(view, spend, role);
    return amounts && `${look.quiet("extra")} ${amounts}${ageOf(view, seenAt)}`;
  },
};

/** Its percentage, null where it is not known or is that of another month. */
const percentNow = ({ extra, now }: View): number | null =>
  extra !== null && isSameMonth(extra.seenAt, now) ? extra.percent : null;
