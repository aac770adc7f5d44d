import { percent } from "../utils/terminal.ts";
import { longestFitting, roleOf, type Segment } from "./contract.ts";

/** The used part of the context window. */
export const context: Segment = {
  name: "context",
  description: "how much of the context window is used, and its size if that is not 200k",
  row: 1,
  priority: 85,
  render(view) {
    const { percent: used, size } = view.session.context;
    if (used === null) return null;
    const { style } = view;
    const role = roleOf(used);
    const total = size === null || size === 200_000 ? "" : style.quiet(` of ${tokens(size)}`);
    const label = style.quiet("ctx");
    const bar = `${label} ${style.paint(role, `${style.bar(used)} ${percent(used)}`)}`;
    return longestFitting(view, bar + total, () => {
      const short = `${label} ${style.paint(role, percent(used))}`;
      return [short + total, short];
    });
  },
};

const tokens = (count: number): string =>
  count >= 1_000_000 ? `${Math.floor(count / 100_000) / 10}M` : `${Math.floor(count / 1_000)}k`;
