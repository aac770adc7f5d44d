import { extraSpend, isSameMonth } from "../model/quota.ts";
import { ageOf, amountsOf, limitPriority, limitText, roleOf, type Segment, type View } from "./contract.ts";

/** Extra usage beyond the plan: amount spent and limit; with bar and percent when the account has no windows. */
export const extraUsage: Segment = {
  name: "extra-usage",
  description:
    "extra usage beyond the plan: amount spent and limit; also bar and percent for accounts without five-hour and weekly limits (Enterprise)",
  row: 2,
  priority: (view) => limitPriority(view.limits.length === 0 ? 88 : 50, currentPercent(view)),
  render(view) {
    const { extra, style, now, limits } = view;
    if (extra === null) return null;
    const { observedAt } = extra;
    const spend = extraSpend(extra);
    const isCurrent = isSameMonth(observedAt, now);
    const percent = currentPercent(view);
    if (percent !== null && limits.length === 0)
      return limitText(view, "extra", { key: "extra_usage", percent, resetsAt: null, spend, observedAt }, "bar");
    const role = !isCurrent ? "quiet" : percent === null ? "plain" : roleOf(percent);
    const amounts = amountsOf(view, spend, role);
    return amounts && `${style.quiet("extra")} ${amounts}${ageOf(view, observedAt)}`;
  },
};

/** Returns the percentage; null when it is unknown or from another month. */
const currentPercent = ({ extra, now }: View): number | null =>
  extra !== null && isSameMonth(extra.observedAt, now) ? extra.percent : null;
