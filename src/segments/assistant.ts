import { clean } from "../utils/terminal.ts";
import { longestFitting, limitText, type Segment } from "./contract.ts";

/** The limits of another assistant while its session is the newest on this machine. */
export const assistant: Segment = {
  name: "assistant",
  description:
    "limits of another assistant (Codex) while its session is the newest on this machine, read from its own files",
  row: 2,
  priority: 42,
  render(view) {
    if (view.assistant === null) return null;
    const open = view.assistant.quotas.filter(({ resetsAt }) => resetsAt === null || resetsAt > view.now);
    if (open.length === 0) return null;
    const name = clean(view.assistant.title, 20);
    const oldest = Math.min(...open.map(({ observedAt }) => observedAt));
    const { columns: _, ...unbounded } = view;
    const text = (firstForm: "timed" | "short"): string =>
      open
        .map((one, index) => {
          // One age for all limits, after the last one.
          const limit = { ...one, observedAt: index === open.length - 1 ? oldest : null };
          const label = clean(one.key, 8);
          return limitText(
            unbounded,
            index === 0 ? `${name} ${label}` : label,
            limit,
            index === 0 ? firstForm : "short",
          );
        })
        .join(" ");
    return longestFitting(view, text("timed"), () => [text("short")]);
  },
};
