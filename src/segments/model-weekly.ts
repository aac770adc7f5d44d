import { clean } from "../utils/terminal.ts";
import { fullest, type Limit, limitPriority, limitText, type Segment, type View } from "./contract.ts";

/** Weekly limits of single models, which stdin lacks: from the newest usage record. */
export const modelWeekly: Segment = {
  name: "model-weekly",
  description: "weekly limits of single models, which stdin lacks: from the newest usage record",
  row: 2,
  priority: (view) => limitPriority(70, fullest(view, limitsOf(view))),
  render(view) {
    let shown = "";
    for (const one of limitsOf(view))
      shown += `${shown === "" ? "" : "  "}${limitText(view, clean(one.key.slice("model:".length), 20), one, "short")}`;
    return shown || null;
  },
};

/** Limits of so many models are shown. */
const MOST = 4;

function limitsOf(view: View): Limit[] {
  const found: Limit[] = [];
  for (const one of view.limits) if (one.key.startsWith("model:") && found.length < MOST) found.push(one);
  return found;
}
