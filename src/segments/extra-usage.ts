import { clean } from "../utils/terminal.ts";
import { ageOf, roleOf, type Segment } from "./contract.ts";

/** Extra usage beyond the plan: spent and limit. */
export const extraUsage: Segment = {
  name: "extra-usage",
  meaning: "extra usage beyond the plan: spent and limit",
  row: 2,
  priority: 50,
  render(view) {
    if (view.extra === null) return null;
    const { used, limit, currency, seenAt, percent } = view.extra;
    const role = percent === null ? "plain" : roleOf(percent);
    const of = limit === null ? "" : ` of ${money(limit, currency)}`;
    return `${view.look.paint("quiet", "extra")} ${view.look.paint(role, money(used, currency))}${view.look.paint("quiet", of)}${ageOf(view, seenAt)}`;
  },
};

/** Cents as an amount: the program gives minor units. */
const money = (minor: number, currency: string): string =>
  currency === "USD" ? `$${(minor / 100).toFixed(2)}` : `${(minor / 100).toFixed(2)} ${clean(currency, 8)}`;
