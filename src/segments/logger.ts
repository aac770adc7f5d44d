import { clean } from "../utils/terminal.ts";
import type { Segment } from "./contract.ts";

/** What is wrong with logging, while something is. */
export const logger: Segment = {
  name: "logger",
  meaning: "what is wrong with logging or with a setting, while something is",
  row: 2,
  priority: 92,
  render(view) {
    return view.trouble === null ? null : view.look.paint("warn", clean(view.trouble, 160));
  },
};
