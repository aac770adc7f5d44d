import { readSmall, replaceSmall } from "../utils/small-files.ts";
import { clean, cut, duration, type Style } from "../utils/terminal.ts";

/** A session's last good line is saved again when the saved one is older than this. */
const SAVE_INTERVAL_MS = 60_000;

/**
 * Saves the rows of a good line in the session's file, at most once a minute; ignores write errors. `at` is the time of the
 * last save (epoch milliseconds).
 */
export async function saveLine(path: string, rows: readonly string[], now: number, at: number | null): Promise<void> {
  if (at !== null && Math.abs(now - at) < SAVE_INTERVAL_MS) return;
  await replaceSmall(path, JSON.stringify({ at: now, rows })).catch(() => undefined);
}

/** Returns the last good line of a session, marked with its age; null when none is saved. */
export async function readStaleLine(
  path: string,
  now: number,
  columns: number,
  style: Style,
): Promise<string[] | null> {
  try {
    const { at, rows } = JSON.parse((await readSmall(path)) ?? "") as { at: number; rows: unknown[] };
    const mark = `  stale ${duration(now - at)}`;
    const texts = rows.slice(0, 2).map((row) => clean(String(row), 1_000));
    const marked = texts.map((text, index) =>
      index === 0 ? cut(text, Math.max(columns - mark.length, 1), style.glyph("ellipsis")) + mark : text,
    );
    return marked.length === 0 ? null : marked.map((text) => style.quiet(cut(text, columns, style.glyph("ellipsis"))));
  } catch {
    return null;
  }
}
