import { runChain } from "../install/previous/chain.ts";
import type { Command } from "./contract.ts";

/** Prints our line with the previous one below it. Used by the standalone executable; the bundle has bin/chain.js instead. */
export const chain: Command = {
  name: "chain",
  description:
    "print the line with the output of the previous statusLine below it (run by Claude Code after install --chain)",
  internal: true,
  async run() {
    await runChain();
    return 0;
  },
};
