import { percent } from "../utils/terminal.ts";
import { fitting, roleOf, type Segment } from "./contract.ts";

/** Context window in use. */
export const context: Segment = {
  name: "context",
  description: "context window in use; its size where it is not 200k",
  row: 1,
  priority: 85,
  render(view) {
    const { percent: used, size } = view.session.context;
    if (used === null) return null;
    const { look } = view;
    const role = roleOf(used);
    const of = size === null || size === 200_000 ? "" : look.quiet(` of ${tokens(size)}`);
    const label = look.quiet("ctx");
    const bar = `${label} ${look.paint(role, `${look.bar(used)} ${percent(used)}`)}`;
    return fitting(view, bar + of, () => {
      const short = `${label} ${look.paint(role, percent(used))}`;
      return [short + of, short];
    });
  },
};

const tokens = (count: number): string =>
  count >= 1_000_000 ? `${Math.floor(count / 100_000) / 10}M` : `${Math.floor(count / 1_000)}k`;
