import { clean } from "../utils/terminal.ts";
import { fitting, fullest, type Limit, limitPriority, limitText, type Segment, type View } from "./contract.ts";

/** Weekly limits of single models, which stdin lacks: from the newest usage record. */
export const modelWeekly: Segment = {
  name: "model-weekly",
  meaning: "weekly limits of single models, which stdin lacks: from the newest usage record",
  row: 2,
  priority: (view) => limitPriority(70, fullest(view, limitsOf(view))),
  render(view) {
    const limits = limitsOf(view);
    if (limits.length === 0) return null;
    return fitting(view, textOf(view, limits), () => [textOf(view, fullestOf(view, limits))]);
  },
};

/** Limits of so many models are shown. */
const MOST = 4;

function limitsOf(view: View): Limit[] {
  const found: Limit[] = [];
  for (const one of view.limits) if (one.key.startsWith("model:") && found.length < MOST) found.push(one);
  return found;
}

function textOf(view: View, limits: readonly Limit[]): string {
  let shown = "";
  for (const one of limits)
    shown += `${shown === "" ? "" : "  "}${limitText(view, clean(one.key.slice("model:".length), 20), one, "short")}`;
  return shown;
}

/** The fullest of some limits, of those whose reset has not passed: what stays where there is no room for all. */
function fullestOf(view: View, limits: readonly Limit[]): Limit[] {
  let kept = limits.slice(0, 1);
  for (const one of limits) if ((fullest(view, [one]) ?? -1) > (fullest(view, kept) ?? -1)) kept = [one];
  return kept;
}
