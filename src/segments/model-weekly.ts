import { clean } from "../utils/terminal.ts";
import { limitText, type Segment } from "./contract.ts";

/** Weekly limits of single models, which stdin lacks: from the newest usage record. */
export const modelWeekly: Segment = {
  name: "model-weekly",
  meaning: "weekly limits of single models, which stdin lacks: from the newest usage record",
  row: 2,
  priority: 70,
  render(view) {
    const limits = view.limits.filter((one) => one.key.startsWith("model:")).slice(0, 4);
    if (limits.length === 0) return null;
    return limits.map((one) => limitText(view, clean(one.key.slice(6), 20), one, "short")).join("  ");
  },
};
