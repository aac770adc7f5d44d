import { duration } from "../utils/terminal.ts";
import type { Segment } from "./contract.ts";

/** How long the prompt cache stays warm. */
export const cache: Segment = {
  name: "cache",
  description: "how long the prompt cache stays warm",
  row: 2,
  priority: 45,
  render(view) {
    const { cache } = view.session;
    if (cache === null) return null;
    const left = cache.expiresAt - view.now;
    return view.look.quiet(left > 0 ? `cache ${duration(left)}` : "cache cold");
  },
};
