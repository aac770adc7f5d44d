import { cut, type Look, width } from "../utils/terminal.ts";

/** A piece of the line: its text, where it stands, and how long it holds out when room is short. */
export interface Piece {
  readonly text: string;
  readonly row: 1 | 2;
  readonly priority: number;
}

const GAP = "  ";

/**
 * Pieces as one or two rows of at most `columns` columns each, in their order. Where a row is too long its pieces of
 * lowest priority go first; the last one left is cut.
 */
export function layout(pieces: readonly Piece[], rows: 1 | 2, columns: number, look: Look): string[] {
  const groups = rows === 1 ? [pieces] : [pieces.filter(({ row }) => row === 1), pieces.filter(({ row }) => row === 2)];
  return groups.map((group) => fit(group, columns, look)).filter((row) => row !== "");
}

function fit(pieces: readonly Piece[], columns: number, look: Look): string {
  const kept = pieces.map((piece) => ({ piece, columns: width(piece.text) }));
  let total = kept.reduce((sum, one) => sum + one.columns, 0) + GAP.length * Math.max(kept.length - 1, 0);
  while (total > columns && kept.length > 1) {
    const lowest = kept.reduce((least, one, index) => {
      return one.piece.priority <= (kept[least]?.piece.priority ?? Number.POSITIVE_INFINITY) ? index : least;
    }, 0);
    total -= (kept[lowest]?.columns ?? 0) + GAP.length;
    kept.splice(lowest, 1);
  }
  return cut(kept.map(({ piece }) => piece.text).join(GAP), columns, look.glyph("ellipsis"));
}
