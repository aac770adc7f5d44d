import { readSmall, replaceSmall } from "../utils/small-files.ts";
import { clean, cut, duration, type Look } from "../utils/terminal.ts";

/** A session's last good line is kept anew when the one that is kept is older than this. */
const KEEP_MS = 60_000;

/**
 * Keeps the rows of a good line in the session's file, at most once a minute, where that file can be written; `at` is when it
 * was kept last (epoch milliseconds).
 */
export async function keepLine(path: string, rows: readonly string[], now: number, at: number | null): Promise<void> {
  if (at !== null && Math.abs(now - at) < KEEP_MS) return;
  await replaceSmall(path, JSON.stringify({ at: now, rows })).catch(() => undefined);
}

/** The last good line of a session, marked with its age; null when none is kept. */
export async function staleLine(path: string, now: number, columns: number, look: Look): Promise<string[] | null> {
  try {
    const { at, rows } = JSON.parse((await readSmall(path)) ?? "") as { at: number; rows: unknown[] };
    const mark = `  stale ${duration(now - at)}`;
    const texts = rows.slice(0, 2).map((row) => clean(String(row), 1_000));
    const marked = texts.map((text, index) =>
      index === 0 ? cut(text, Math.max(columns - mark.length, 1), look.glyph("ellipsis")) + mark : text,
    );
    return marked.length === 0 ? null : marked.map((text) => look.quiet(cut(text, columns, look.glyph("ellipsis"))));
  } catch {
    return null;
  }
}
