import { segments } from "../segments/all.ts";
import type { Segment, View } from "../segments/contract.ts";
import type { Environment, Settings } from "../utils/config.ts";
import { cut, type Look, lookOf } from "../utils/terminal.ts";
import { layout, type Piece } from "./layout.ts";

const byName: ReadonlyMap<string, Segment> = new Map(segments.map((segment) => [segment.name, segment]));

/** Columns that Claude Code keeps for itself: an indent of two on the left, and room for its ellipsis on the right. */
const RESERVED = 4;
/** Columns taken where the environment does not say. */
const USUAL = 80;

/** The look that settings and environment ask for; NO_COLOR (https://no-color.org) turns colours off. */
export function lookFor(settings: Settings, env: Environment): Look {
  const { theme, glyphs, links } = settings;
  return lookOf({ theme, glyphs, links, colour: !env["NO_COLOR"] });
}

/** The columns a line may take: COLUMNS less what Claude Code keeps. */
export function columnsFor(env: Environment): number {
  const given = Number.parseInt(env["COLUMNS"] ?? "", 10);
  return given > 0 && given < 10_000 ? Math.max(given - RESERVED, 1) : USUAL;
}

/** Names in PET_SEGMENTS that are no segment. */
export function unknownSegments(settings: Settings): string[] {
  return settings.segments.filter((name) => !byName.has(name));
}

/** The rows of the line, never none: a segment that fails is left out, and a pet alone is a line too. */
export function lineOf(view: View, settings: Settings, columns: number): string[] {
  const pieces: Piece[] = [];
  for (const name of settings.segments) {
    const segment = byName.get(name);
    if (!segment) continue;
    const text = rendered(() => segment.render(view));
    if (text) pieces.push({ text, row: segment.row, priority: segment.priority });
  }
  const rows = layout(pieces, settings.rows === 1 ? 1 : 2, columns, view.look);
  return rows.length > 0 ? rows : [cut("pawprint", columns, view.look.glyph("ellipsis"))];
}

function rendered(render: () => string | null): string | null {
  try {
    return render();
  } catch {
    return null;
  }
}
