import { ageOf, dollars, type Segment, tokensText } from "./contract.ts";

/** How fast tokens and money go right now, from the ledger. */
export const burn: Segment = {
  name: "burn",
  description:
    "tokens per minute and cost per hour over the last minutes, all sessions of this machine, from the ledger",
  row: 1,
  priority: 20,
  render(view) {
    const { spent } = view;
    if (spent === null) return null;
    const { tokensPerMinute, microsPerHour, windowMinutes } = spent.burn;
    // Once its window lies in the past as a whole it tells nothing of now.
    if (tokensPerMinute === 0 || view.now - spent.at > windowMinutes * 60_000) return null;
    const cost = microsPerHour === null ? "" : ` ${dollars(microsPerHour)}/h`;
    return view.look.quiet(`${tokensText(tokensPerMinute)} tok/min${cost}`) + ageOf(view, spent.at);
  },
};
