import { clean } from "../utils/terminal.ts";
import { fullest, type Limit, limitPriority, limitText, type Segment, type View } from "./contract.ts";

/** Weekly limits of single models, which stdin lacks: from the newest usage record. */
export const modelWeekly: Segment = {
  name: "model-weekly",
  meaning: "weekly limits of single models, which stdin lacks: from the newest usage record",
  row: 2,
  priority: (view) => limitPriority(70, fullest(view, limitsOf(view))),
  render(view) {
    const limits = limitsOf(view);
    if (limits.length === 0) return null;
    return limits.map((one) => limitText(view, clean(one.key.slice(6), 20), one, "short")).join("  ");
  },
};

const limitsOf = (view: View): Limit[] => view.limits.filter((one) => one.key.startsWith("model:")).slice(0, 4);
