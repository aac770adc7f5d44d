import { clean } from "../utils/terminal.ts";
import type { Segment } from "./contract.ts";

/** Branch, or the commit of a detached head. */
export const branch: Segment = {
  name: "branch",
  meaning: "branch, or the commit of a detached head; read from .git without a git process",
  row: 1,
  priority: 75,
  render(view) {
    if (view.branch === null) return null;
    const { name, detached } = view.branch;
    const mark = detached ? ` ${view.look.glyph("detached")}` : " ";
    return view.look.paint("quiet", view.look.glyph("branch")) + mark + clean(name, 60);
  },
};
