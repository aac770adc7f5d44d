import { clean } from "../utils/terminal.ts";
import { highestPercent, type ShownLimit, limitPriority, limitText, type Segment, type View } from "./contract.ts";

/** Weekly limits of single models, from the newest usage record: stdin does not have them. */
export const modelWeekly: Segment = {
  name: "model-weekly",
  description: "weekly limits of single models, from the newest usage record (stdin does not have them)",
  row: 2,
  priority: (view) => limitPriority(70, highestPercent(view, limitsOf(view))),
  render(view) {
    let shown = "";
    for (const one of limitsOf(view))
      shown += `${shown === "" ? "" : "  "}${limitText(view, clean(one.key.slice("model:".length), 20), one, "short")}`;
    return shown || null;
  },
};

/** Maximum number of models shown. */
const MAX_MODELS = 4;

function limitsOf(view: View): ShownLimit[] {
  const found: ShownLimit[] = [];
  for (const one of view.limits) if (one.key.startsWith("model:") && found.length < MAX_MODELS) found.push(one);
  return found;
}
