import { ageOf, dollars, longestFitting, type Segment, tokensText } from "./contract.ts";

/** Today's cost and tokens on this machine, from the ledger. */
export const today: Segment = {
  name: "today",
  description: "today's cost at list prices and tokens, in all sessions on this machine, from the ledger",
  row: 1,
  priority: 25,
  render(view) {
    const { spent, style } = view;
    if (spent === null || view.now >= spent.today.endsAt || spent.today.tokens === 0) return null;
    const { tokens, micros } = spent.today;
    const cost = micros === null ? "" : `${dollars(micros)} `;
    const label = style.quiet("today");
    const age = ageOf(view, spent.at);
    const full = `${label} ${cost}${style.quiet(`${tokensText(tokens)} tok`)}${age}`;
    return longestFitting(view, full, () => [micros === null ? full : `${label} ${dollars(micros)}${age}`]);
  },
};
