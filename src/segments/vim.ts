import { clean } from "../utils/terminal.ts";
import type { Segment } from "./contract.ts";

/** Vim mode. */
export const vim: Segment = {
  name: "vim",
  description: "vim mode",
  row: 1,
  priority: 35,
  render(view) {
    const { vimMode } = view.session;
    return vimMode === null ? null : view.look.quiet(clean(vimMode, 12));
  },
};
