import type { Segment } from "./contract.ts";

/** The cost of the session in US dollars, as computed by Claude Code. */
export const cost: Segment = {
  name: "cost",
  description: "cost of the session in US dollars, as computed by Claude Code",
  row: 1,
  priority: 60,
  render(view) {
    const { usd } = view.session.cost;
    return usd === null ? null : `$${usd.toFixed(2)}`;
  },
};
