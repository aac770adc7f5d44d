import { duration } from "../utils/terminal.ts";
import type { Segment } from "./contract.ts";

/** The time until the prompt cache expires. */
export const cache: Segment = {
  name: "cache",
  description: "time until the prompt cache expires",
  row: 2,
  priority: 45,
  render(view) {
    const { cache } = view.session;
    if (cache === null) return null;
    const left = cache.expiresAt - view.now;
    return view.style.quiet(left > 0 ? `cache ${duration(left)}` : "cache cold");
  },
};
