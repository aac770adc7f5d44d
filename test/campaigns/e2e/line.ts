import { until } from "./checks.ts";
import type { Screen } from "./screen.ts";

/** Returns the rows of the statusline, which are between the prompt's lower rule and the mode footer. */
export async function statusRows(screen: Screen): Promise<string[]> {
  const lines = await screen.lines();
  const rule = lines.findLastIndex((line) => /^─{20,}$/.test(line));
  return rule < 0 ? [] : lines.slice(rule + 1).filter((line) => line.trim() !== "" && !line.includes("⏵"));
}

/** Waits until the line contains all of `parts` and returns its rows. */
export const lineWith = (screen: Screen, deadlineMs: number, ...parts: string[]): Promise<string[] | null> =>
  until(deadlineMs, async () => {
    const rows = await statusRows(screen);
    return parts.every((part) => rows.some((row) => row.includes(part))) ? rows : null;
  });
