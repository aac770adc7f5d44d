import { clean } from "../utils/terminal.ts";
import type { Segment } from "./contract.ts";

/** The vim mode. */
export const vim: Segment = {
  name: "vim",
  description: "vim mode",
  row: 1,
  priority: 35,
  render(view) {
    const { vimMode } = view.session;
    return vimMode === null ? null : view.style.quiet(clean(vimMode, 12));
  },
};
