import { clean } from "../utils/terminal.ts";
import { type Segment, truncateText } from "./contract.ts";

/** Columns that the name keeps when it is cut. */
const MIN_COLUMNS = 12;

/** The branch, or the commit of a detached HEAD. */
export const branch: Segment = {
  name: "branch",
  description:
    "the branch, or the commit of a detached HEAD; in a Jujutsu workspace the nearest bookmark; read from files without starting a process",
  row: 1,
  priority: 75,
  render(view) {
    if (view.branch === null) return null;
    const { name, detached } = view.branch;
    const mark = detached ? ` ${view.style.glyph("detached")}` : " ";
    const label = view.style.quiet(view.style.glyph("branch")) + mark;
    return truncateText(view, clean(name, 200), MIN_COLUMNS, label);
  },
};
