import { clean } from "../utils/terminal.ts";
import { longestFitting, type Segment, truncateText } from "./contract.ts";

/** The current problem with logging or a setting. */
export const logger: Segment = {
  name: "logger",
  description: "the current problem with logging or a setting, if there is one",
  row: 2,
  // Above the pet: a problem is always shown, if only as one word.
  priority: 110,
  render(view) {
    if (view.problem === null) return null;
    const text = clean(view.problem, 400);
    const word = shortForm(text);
    const cutToFit = truncateText(view, text, MIN_COLUMNS);
    return view.style.paint("warn", word === null ? cutToFit : longestFitting(view, cutToFit, () => [word]));
  },
};

/** The fewest columns in which a cut text is still understandable. */
const MIN_COLUMNS = 14;

/** Returns "log stopped" for "log stopped: reason", the setting's name (or "settings" if it is long); null when there is no short form. */
function shortForm(text: string): string | null {
  const name = /^PET_\w+/.exec(text)?.[0];
  if (name !== undefined) return name.length < MIN_COLUMNS ? name : "settings";
  return /^log (?:off|stopped)(?=:)/.exec(text)?.[0] ?? null;
}
