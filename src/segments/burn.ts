import { ageOf, dollars, type Segment, tokensText } from "./contract.ts";

/** Tokens per minute and cost per hour over the last 10 minutes, from the ledger. */
export const burn: Segment = {
  name: "burn",
  description:
    "tokens per minute and cost per hour over the last 10 minutes, in all sessions on this machine, from the ledger",
  row: 1,
  priority: 20,
  render(view) {
    const { spent } = view;
    if (spent === null) return null;
    const { tokensPerMinute, microsPerHour, windowMinutes } = spent.burn;
    // A rate whose whole window is in the past does not describe the present.
    if (tokensPerMinute === 0 || view.now - spent.at > windowMinutes * 60_000) return null;
    const cost = microsPerHour === null ? "" : ` ${dollars(microsPerHour)}/h`;
    return view.style.quiet(`${tokensText(tokensPerMinute)} tok/min${cost}`) + ageOf(view, spent.at);
  },
};
