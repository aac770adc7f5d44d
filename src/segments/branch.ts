import { clean } from "../utils/terminal.ts";
import { type Segment, shortened } from "./contract.ts";

/** Columns of the name that always stay. */
const LEAST = 12;

/** Branch, or the commit of a detached head. */
export const branch: Segment = {
  name: "branch",
  description:
    "branch, or the commit of a detached head; in a Jujutsu workspace the nearest bookmark; read from files, without a process",
  row: 1,
  priority: 75,
  render(view) {
    if (view.branch === null) return null;
    const { name, detached } = view.branch;
    const mark = detached ? ` ${view.look.glyph("detached")}` : " ";
    const before = view.look.quiet(view.look.glyph("branch")) + mark;
    return shortened(view, clean(name, 200), LEAST, before);
  },
};
