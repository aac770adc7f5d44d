import { clean } from "../utils/terminal.ts";
import { fitting, type Segment, shortened } from "./contract.ts";

/** What is wrong with logging, while something is. */
export const logger: Segment = {
  name: "logger",
  description: "what is wrong with logging or with a setting, while something is",
  row: 2,
  // Before the pet: what is wrong is always shown, if only in one word.
  priority: 110,
  render(view) {
    if (view.trouble === null) return null;
    const text = clean(view.trouble, 400);
    const word = shortOf(text);
    const cutText = shortened(view, text, LEAST);
    return view.look.paint("warn", word === null ? cutText : fitting(view, cutText, () => [word]));
  },
};

/** Columns in which a text that is cut still says something. */
const LEAST = 14;

/** "log stopped" of "log stopped: why", the name of a setting, or "settings" where that is long; null for what has no short form. */
function shortOf(text: string): string | null {
  const name = /^PET_\w+/.exec(text)?.[0];
  if (name !== undefined) return name.length < LEAST ? name : "settings";
  return /^log (?:off|stopped)(?=:)/.exec(text)?.[0] ?? null;
}
