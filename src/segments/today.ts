import { ageOf, dollars, fitting, type Segment, tokensText } from "./contract.ts";

/** What was used today on this machine, from the ledger. */
export const today: Segment = {
  name: "today",
  description: "cost at list prices and tokens of today, all sessions of this machine, from the ledger",
  row: 1,
  priority: 25,
  render(view) {
    const { spent, look } = view;
    if (spent === null || view.now >= spent.today.endsAt || spent.today.tokens === 0) return null;
    const { tokens, micros } = spent.today;
    const cost = micros === null ? "" : `${dollars(micros)} `;
    const label = look.quiet("today");
    const age = ageOf(view, spent.at);
    const full = `${label} ${cost}${look.quiet(`${tokensText(tokens)} tok`)}${age}`;
    return fitting(view, full, () => [micros === null ? full : `${label} ${dollars(micros)}${age}`]);
  },
};
