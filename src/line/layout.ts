import { cut, type Style, width } from "../utils/terminal.ts";

/** A piece of the line: its text, where it stands, and how long it holds out when room is short. */
export interface Piece {
  readonly text: string;
  readonly row: 1 | 2;
  readonly priority: number;
  /** The text for at most `columns` columns, or its shortest form where that needs more. Without it there is one form only. */
  readonly shorten?: (columns: number) => string;
}

/** A piece in the form that it has at the moment, and the columns of its longest form. */
interface Form {
  readonly piece: Piece;
  text: string;
  columns: number;
  readonly whole: number;
  /** The most columns that it was asked for. */
  asked: number;
  isShown: boolean;
}

const GAP = "  ";
/** The share of the row that a piece may take in each round of lengthening. */
const ROUNDS = [1 / 5, 1 / 3, 1];

/**
 * Pieces as one or two rows of at most `columns` columns each, in their order. Where a row is too long, every piece that
 * fits in its shortest form beside those of higher priority stays. What room is left then lengthens them in the order of
 * their priority, in rounds: each up to a fifth of the row first, so that one long text does not keep all others at their
 * shortest, then up to a third, then up to all of it.
 */
export function layout(pieces: readonly Piece[], rows: 1 | 2, columns: number, look: Style): string[] {
  const made: string[] = [];
  for (let row = 1; row <= rows; row++) {
    const text = fit(pieces, rows === 1 ? null : row, columns, look);
    if (text !== "") made.push(text);
  }
  return made;
}

// Plain loops below: a closure per piece runs often enough for Bun to start its compiler threads, which takes 0.5 ms.

/** One row of the pieces that stand on it, or of all where it is the only one. */
function fit(pieces: readonly Piece[], row: number | null, columns: number, look: Style): string {
  const forms: Form[] = [];
  let total = -GAP.length;
  for (const piece of pieces) {
    if (row !== null && piece.row !== row) continue;
    const taken = width(piece.text);
    forms.push({ piece, text: piece.text, columns: taken, whole: taken, asked: 0, isShown: true });
    total += taken + GAP.length;
  }
  if (total > columns) total = columns - shorten(forms, columns);
  const texts: string[] = [];
  for (const { isShown, text } of forms) if (isShown) texts.push(text);
  const text = texts.join(GAP);
  return total > columns ? cut(text, columns, look.glyph("ellipsis")) : text;
}

/** Hides the forms that do not stay, and lengthens the others as far as the row has room; returns the columns left. */
function shorten(forms: readonly Form[], columns: number): number {
  const ranked: Form[] = [];
  for (const form of forms) {
    let at = ranked.push(form) - 1;
    for (let before = ranked[at - 1]; before && before.piece.priority < form.piece.priority; before = ranked[at - 1]) {
      ranked[at--] = before;
    }
    ranked[at] = form;
  }
  let room = keepShortest(ranked, columns);
  for (const share of ROUNDS) {
    for (const form of ranked) {
      const most = Math.min(form.columns + room, Math.floor(columns * share));
      if (!form.isShown || form.columns === form.whole || most <= Math.max(form.columns, form.asked)) continue;
      form.asked = most;
      const { text, taken } = formFor(form, most);
      if (taken <= form.columns || taken > most) continue;
      room -= taken - form.columns;
      form.text = text;
      form.columns = taken;
    }
  }
  return room;
}

/** Makes each form as short as it can be and shows those that fit, the first ones first and never none; returns the columns left. */
function keepShortest(ranked: readonly Form[], columns: number): number {
  let room = columns;
  let gap = 0;
  for (const form of ranked) {
    const { text, taken } = formFor(form, 0);
    form.isShown = gap === 0 || taken + gap <= room;
    if (!form.isShown) continue;
    form.text = text;
    form.columns = taken;
    room -= taken + gap;
    gap = GAP.length;
  }
  return room;
}

/** The text of a piece for so many columns, and the columns it takes: the longest where that fits or none is shorter. */
function formFor({ piece, whole }: Form, columns: number): { readonly text: string; readonly taken: number } {
  const text = whole <= columns ? piece.text : (piece.shorten?.(columns) ?? piece.text);
  const taken = text === piece.text ? whole : width(text);
  return taken < whole ? { text, taken } : { text: piece.text, taken: whole };
}
