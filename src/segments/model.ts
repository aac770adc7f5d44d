import { clean } from "../utils/terminal.ts";
import type { Segment } from "./contract.ts";

/** Model, effort and fast mode. */
export const model: Segment = {
  name: "model",
  meaning: "model, effort and fast mode",
  row: 1,
  priority: 90,
  render(view) {
    const { model, effort, fastMode } = view.session;
    const name = clean(model.name ?? model.id ?? "", 40);
    if (name === "") return null;
    const level = effort === null ? "" : ` ${clean(effort, 12).replace("medium", "med")}`;
    return view.look.paint("name", name) + view.look.paint("quiet", level + (fastMode ? " fast" : ""));
  },
};
