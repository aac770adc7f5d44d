import { givenName, modelLabel } from "../model/model-label.ts";
import { clean } from "../utils/terminal.ts";
import { fitting, type Segment, shortened, type View } from "./contract.ts";

/** Columns of the name that always stay. */
const LEAST = 8;

/** Model, effort and fast mode. */
export const model: Segment = {
  name: "model",
  description: "model, effort and fast mode; PET_MODEL_NAMES names models that Claude Code knows by an ARN only",
  row: 1,
  priority: 90,
  render(view) {
    const { effort, fastMode } = view.session;
    const name = clean(nameOf(view), 60);
    if (name === "") return null;
    const level = effort === null ? "" : ` ${levelOf(clean(effort, 12))}`;
    const full = view.look.paint("name", name) + view.look.quiet(level + (fastMode ? " fast" : ""));
    return fitting(view, full, () => [view.look.paint("name", shortened(view, name, LEAST))]);
  },
};

const levelOf = (effort: string): string => (effort === "medium" ? "med" : effort);

/** The user's own name for the model, else Claude Code's, which for a model that it does not know is the id once more. */
function nameOf({ session: { model }, modelNames = [] }: View): string {
  const { id, name } = model;
  const given =
    (id === null ? null : givenName(id, modelNames)) ?? (name === null ? null : givenName(name, modelNames));
  return given ?? modelLabel(name ?? id ?? "");
}
