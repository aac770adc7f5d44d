import { givenName, modelLabel } from "../model/model-label.ts";
import { clean } from "../utils/terminal.ts";
import { longestFitting, type Segment, truncateText, type View } from "./contract.ts";

/** Columns that the name keeps when it is cut. */
const MIN_COLUMNS = 8;

/** Model, effort and fast mode. */
export const model: Segment = {
  name: "model",
  description: "model, effort and fast mode; PET_MODEL_NAMES names models that Claude Code reports only as an ARN",
  row: 1,
  priority: 90,
  render(view) {
    const { effort, fastMode } = view.session;
    const name = clean(nameOf(view), 60);
    if (name === "") return null;
    const level = effort === null ? "" : ` ${effortLabel(clean(effort, 12))}`;
    const full = view.style.paint("name", name) + view.style.quiet(level + (fastMode ? " fast" : ""));
    return longestFitting(view, full, () => [view.style.paint("name", truncateText(view, name, MIN_COLUMNS))]);
  },
};

const effortLabel = (effort: string): string => (effort === "medium" ? "med" : effort);

/** Returns the user's name for the model, else Claude Code's, which repeats the id for an unknown model. */
function nameOf({ session: { model }, modelNames = [] }: View): string {
  const { id, name } = model;
  const given =
    (id === null ? null : givenName(id, modelNames)) ?? (name === null ? null : givenName(name, modelNames));
  return given ?? modelLabel(name ?? id ?? "");
}
