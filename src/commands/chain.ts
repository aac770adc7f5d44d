import { runChain } from "../install/previous/chain.ts";
import type { Command } from "./contract.ts";

/** Our line with the previous one under it, where the program is one executable; else bin/chain.js does it. */
export const chain: Command = {
  name: "chain",
  description: "print the line and the previous statusLine under it (what install --chain sets)",
  internal: true,
  async run() {
    await runChain();
    return 0;
  },
};
