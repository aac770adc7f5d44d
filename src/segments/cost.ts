import type { Segment } from "./contract.ts";

/** Cost of the session in US dollars, as Claude Code reckons it. */
export const cost: Segment = {
  name: "cost",
  description: "cost of the session in US dollars, as Claude Code reckons it",
  row: 1,
  priority: 60,
  render(view) {
    const { usd } = view.session.cost;
    return usd === null ? null : `$${usd.toFixed(2)}`;
  },
};
