import { segments } from "../segments/registry.ts";
import type { Segment, View } from "../segments/contract.ts";
import type { Environment, Settings } from "../utils/config.ts";
import { cut, type Style, styleOf } from "../utils/terminal.ts";
import { layout, type LinePiece } from "./layout.ts";

// Code that runs at each refresh uses loops: Bun compiles map, filter, find, some and split on first use, which takes 15 to
// 80 µs each. A loop takes 2 µs.
const byName = new Map<string, Segment>();
for (const segment of segments) byName.set(segment.name, segment);

/** Segments by their name in PET_SEGMENTS. */
export const segmentsByName: ReadonlyMap<string, Segment> = byName;

/** Whether every name in PET_SEGMENTS is a segment. */
export function areAllKnown(names: readonly string[]): boolean {
  for (const name of names) if (!byName.has(name)) return false;
  return true;
}

/** Columns that Claude Code uses itself: an indent of two on the left, and space for its ellipsis on the right. */
const RESERVED = 4;
/** Columns assumed when the environment has no COLUMNS. */
const DEFAULT_COLUMNS = 80;

/** Returns the style for settings and environment; NO_COLOR (https://no-color.org) turns colours off. */
export function styleFor(settings: Settings, env: Environment): Style {
  const { theme, glyphs, links } = settings;
  return styleOf({ theme, glyphs, links, colour: !env["NO_COLOR"] });
}

/** Returns the columns available to the line: COLUMNS minus those that Claude Code uses. */
export function columnsFor(env: Environment): number {
  return columnsIn(Number.parseInt(env["COLUMNS"] ?? "", 10));
}

/** Returns the columns available to the line in a terminal of `terminal` columns. */
export function columnsIn(terminal: number): number {
  return terminal > 0 && terminal < 10_000 ? Math.max(terminal - RESERVED, 1) : DEFAULT_COLUMNS;
}

/**
 * Returns the rows of the line, at least one. A segment that throws is left out. A problem is shown even if PET_SEGMENTS does
 * not contain the logger segment.
 */
export function lineOf(view: View, settings: Settings, columns: number): string[] {
  const pieces: LinePiece[] = [];
  // One copy of the view serves all shortened texts: copying takes longer than most segments take to render.
  let narrowView: (View & { columns?: number }) | undefined;
  const addsLogger = view.problem !== null && !settings.segments.includes("logger");
  for (const name of addsLogger ? [...settings.segments, "logger"] : settings.segments) {
    const segment = byName.get(name);
    if (!segment) continue;
    const text = tryRender(segment, view);
    if (!text) continue;
    const shorten = (available: number): string => {
      narrowView ??= { ...view };
      narrowView.columns = available;
      return tryRender(segment, narrowView) ?? text;
    };
    const { row, priority } = segment;
    pieces.push({ text, shorten, row, priority: typeof priority === "number" ? priority : priority(view) });
  }
  const rows = layout(pieces, settings.rows === 1 ? 1 : 2, columns, view.style);
  return rows.length > 0 ? rows : [cut("pawprint", columns, view.style.glyph("ellipsis"))];
}

function tryRender(segment: Segment, view: View): string | null {
  try {
    return segment.render(view);
  } catch {
    return null;
  }
}
