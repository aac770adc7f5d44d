import type { Pace } from "../model/pace.ts";
import { duration } from "../utils/terminal.ts";
import { roleOf, type Segment, type View } from "./contract.ts";

/** The forecast of the five-hour and the weekly limit: the percentage at reset, or the time until full. */
export const pace: Segment = {
  name: "pace",
  description:
    "forecast of the five-hour and the weekly limit from the log: the percentage at reset, or the time until full",
  row: 2,
  priority: 65,
  render(view) {
    const texts: string[] = [];
    for (const one of view.pace) if (one.resetsAt > view.now && NAMES.has(one.key)) texts.push(text(view, one));
    return texts.length === 0 ? null : `${view.style.quiet("pace")} ${texts.join("  ")}`;
  },
};

const NAMES: ReadonlyMap<string, string> = new Map([
  ["five_hour", "5h"],
  ["seven_day", "7d"],
]);

function text(view: View, pace: Pace): string {
  const name = NAMES.get(pace.key) ?? "";
  if (pace.fullAt !== null) {
    const left = pace.fullAt <= view.now ? "now" : `in ${duration(pace.fullAt - view.now)}`;
    return view.style.paint("alarm", `${name} full ${left}`);
  }
  const end = Math.min(Math.floor(pace.percentAtReset), 100);
  return view.style.paint(roleOf(end), `${name} ${view.style.glyph("to")} ${end}%`);
}
