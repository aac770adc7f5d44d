import { cut, type Style, width } from "../utils/terminal.ts";

/** A piece of the line: its text, its row, and its priority when space is limited. */
export interface LinePiece {
  readonly text: string;
  readonly row: 1 | 2;
  readonly priority: number;
  /** Returns the text for at most `columns` columns, or the shortest form if none fits. Undefined if there is only one form. */
  readonly shorten?: (columns: number) => string;
}

/** A piece with its current text and width, and the width of its longest form. */
interface PieceForm {
  readonly piece: LinePiece;
  text: string;
  columns: number;
  readonly fullColumns: number;
  /** The largest width tried so far. */
  requested: number;
  isShown: boolean;
}

const GAP = "  ";
/** In each round of lengthening, a piece may take up to this share of the row. */
const ROUNDS = [1 / 5, 1 / 3, 1];

/**
 * Arranges pieces, in order, as one or two rows of at most `columns` columns. If a row is too long, each piece stays that fits
 * in its shortest form beside those of higher priority. The remaining space lengthens pieces by priority, in rounds: first up
 * to a fifth of the row each, so that one long text does not keep all others at their shortest, then up to a third, then up to
 * the whole row.
 */
export function layout(pieces: readonly LinePiece[], rows: 1 | 2, columns: number, style: Style): string[] {
  const lines: string[] = [];
  for (let row = 1; row <= rows; row++) {
    const text = fit(pieces, rows === 1 ? null : row, columns, style);
    if (text !== "") lines.push(text);
  }
  return lines;
}

// Plain loops below: with a closure per piece Bun would start its compiler threads, which takes 0.5 ms.

/** Renders one row; `row` null puts all pieces on it. */
function fit(pieces: readonly LinePiece[], row: number | null, columns: number, style: Style): string {
  const forms: PieceForm[] = [];
  let total = -GAP.length;
  for (const piece of pieces) {
    if (row !== null && piece.row !== row) continue;
    const taken = width(piece.text);
    forms.push({ piece, text: piece.text, columns: taken, fullColumns: taken, requested: 0, isShown: true });
    total += taken + GAP.length;
  }
  if (total > columns) total = columns - shorten(forms, columns);
  const texts: string[] = [];
  for (const { isShown, text } of forms) if (isShown) texts.push(text);
  const text = texts.join(GAP);
  return total > columns ? cut(text, columns, style.glyph("ellipsis")) : text;
}

/** Hides the pieces that do not fit and lengthens the others into the remaining space; returns the columns left. */
function shorten(forms: readonly PieceForm[], columns: number): number {
  const ranked: PieceForm[] = [];
  for (const form of forms) {
    let index = ranked.push(form) - 1;
    for (
      let previous = ranked[index - 1];
      previous && previous.piece.priority < form.piece.priority;
      previous = ranked[index - 1]
    ) {
      ranked[index--] = previous;
    }
    ranked[index] = form;
  }
  let left = keepShortest(ranked, columns);
  for (const share of ROUNDS) {
    for (const form of ranked) {
      const maximum = Math.min(form.columns + left, Math.floor(columns * share));
      if (!form.isShown || form.columns === form.fullColumns || maximum <= Math.max(form.columns, form.requested))
        continue;
      form.requested = maximum;
      const { text, taken } = formFor(form, maximum);
      if (taken <= form.columns || taken > maximum) continue;
      left -= taken - form.columns;
      form.text = text;
      form.columns = taken;
    }
  }
  return left;
}

/** Shortens every piece and shows those that fit, in order and at least the first; returns the columns left. */
function keepShortest(ranked: readonly PieceForm[], columns: number): number {
  let left = columns;
  let gap = 0;
  for (const form of ranked) {
    const { text, taken } = formFor(form, 0);
    form.isShown = gap === 0 || taken + gap <= left;
    if (!form.isShown) continue;
    form.text = text;
    form.columns = taken;
    left -= taken + gap;
    gap = GAP.length;
  }
  return left;
}

/** Returns the text of a piece for `columns` columns and its width; the longest text if it fits or no other is shorter. */
function formFor(
  { piece, fullColumns }: PieceForm,
  columns: number,
): { readonly text: string; readonly taken: number } {
  const text = fullColumns <= columns ? piece.text : (piece.shorten?.(columns) ?? piece.text);
  const taken = text === piece.text ? fullColumns : width(text);
  return taken < fullColumns ? { text, taken } : { text: piece.text, taken: fullColumns };
}
