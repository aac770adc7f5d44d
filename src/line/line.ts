import { segments } from "../segments/registry.ts";
import type { Segment, View } from "../segments/contract.ts";
import type { Environment, Settings } from "../utils/config.ts";
import { cut, type Style, styleOf } from "../utils/terminal.ts";
import { layout, type Piece } from "./layout.ts";

// Here and in all that runs at each refresh: what Bun has of map, filter, find, some and split is compiled when it is first
// used, which takes 15 to 80 µs each. A loop takes 2.
const byName = new Map<string, Segment>();
for (const segment of segments) byName.set(segment.name, segment);

/** The segments by the names that PET_SEGMENTS may hold. */
export const segmentsByName: ReadonlyMap<string, Segment> = byName;

/** Whether PET_SEGMENTS names only segments that there are. */
export function knowsAll(names: readonly string[]): boolean {
  for (const name of names) if (!byName.has(name)) return false;
  return true;
}

/** Columns that Claude Code keeps for itself: an indent of two on the left, and room for its ellipsis on the right. */
const RESERVED = 4;
/** Columns taken where the environment does not say. */
const USUAL = 80;

/** The look that settings and environment ask for; NO_COLOR (https://no-color.org) turns colours off. */
export function lookFor(settings: Settings, env: Environment): Style {
  const { theme, glyphs, links } = settings;
  return styleOf({ theme, glyphs, links, colour: !env["NO_COLOR"] });
}

/** The columns a line may take: COLUMNS less what Claude Code keeps. */
export function columnsFor(env: Environment): number {
  return columnsIn(Number.parseInt(env["COLUMNS"] ?? "", 10));
}

/** The columns a line may take in a terminal of so many. */
export function columnsIn(terminal: number): number {
  return terminal > 0 && terminal < 10_000 ? Math.max(terminal - RESERVED, 1) : USUAL;
}

/**
 * The rows of the line, never none: a segment that fails is left out, and a pet alone is a line too. What is wrong is shown
 * also where PET_SEGMENTS does not name the segment for it.
 */
export function lineOf(view: View, settings: Settings, columns: number): string[] {
  const pieces: Piece[] = [];
  // One view for all texts that are too long: copying it takes longer than most segments take to say what they say.
  let narrow: (View & { room?: number }) | undefined;
  const isMissing = view.trouble !== null && !settings.segments.includes("logger");
  for (const name of isMissing ? [...settings.segments, "logger"] : settings.segments) {
    const segment = byName.get(name);
    if (!segment) continue;
    const text = rendered(segment, view);
    if (!text) continue;
    const shorten = (room: number): string => {
      narrow ??= { ...view };
      narrow.room = room;
      return rendered(segment, narrow) ?? text;
    };
    const { row, priority } = segment;
    pieces.push({ text, shorten, row, priority: typeof priority === "number" ? priority : priority(view) });
  }
  const rows = layout(pieces, settings.rows === 1 ? 1 : 2, columns, view.look);
  return rows.length > 0 ? rows : [cut("pawprint", columns, view.look.glyph("ellipsis"))];
}

function rendered(segment: Segment, view: View): string | null {
  try {
    return segment.render(view);
  } catch {
    return null;
  }
}
