import { clean } from "../utils/terminal.ts";
import {
  longestFitting,
  highestPercent,
  type ShownLimit,
  limitPriority,
  limitText,
  type Segment,
  type View,
} from "./contract.ts";

/** Weekly limits of single models, from the newest usage record: stdin does not have them. */
export const modelWeekly: Segment = {
  name: "model-weekly",
  description: "weekly limits of single models, from the newest usage record (stdin does not have them)",
  row: 2,
  priority: (view) => limitPriority(70, highestPercent(view, limitsOf(view))),
  render(view) {
    const limits = limitsOf(view);
    if (limits.length === 0) return null;
    return longestFitting(view, textOf(view, limits), () => [textOf(view, fullestOf(view, limits))]);
  },
};

/** Maximum number of models shown. */
const MAX_MODELS = 4;

function limitsOf(view: View): ShownLimit[] {
  const found: ShownLimit[] = [];
  for (const one of view.limits) if (one.key.startsWith("model:") && found.length < MAX_MODELS) found.push(one);
  return found;
}

function textOf(view: View, limits: readonly ShownLimit[]): string {
  let shown = "";
  for (const one of limits)
    shown += `${shown === "" ? "" : "  "}${limitText(view, clean(one.key.slice("model:".length), 20), one, "short")}`;
  return shown;
}

/** The limit with the highest percentage among those whose reset has not passed: it is kept if not all fit. */
function fullestOf(view: View, limits: readonly ShownLimit[]): ShownLimit[] {
  let kept = limits.slice(0, 1);
  for (const one of limits) if ((highestPercent(view, [one]) ?? -1) > (highestPercent(view, kept) ?? -1)) kept = [one];
  return kept;
}
