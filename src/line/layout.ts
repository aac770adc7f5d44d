import { cut, type Look, width } from "../utils/terminal.ts";

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
  readonly text: string;
  readonly columns: number;
  readonly whole: number;
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
export function layout(pieces: readonly Piece[], rows: 1 | 2, columns: number, look: Look): string[] {
  const groups = rows === 1 ? [pieces] : [pieces.filter(({ row }) => row === 1), pieces.filter(({ row }) => row === 2)];
  return groups.map((group) => fit(group, columns, look)).filter((row) => row !== "");
}

function fit(pieces: readonly Piece[], columns: number, look: Look): string {
  const whole = pieces.map((piece): Form => {
    const taken = width(piece.text);
    return { piece, text: piece.text, columns: taken, whole: taken };
  });
  const shown = columnsOf(whole) <= columns ? whole : grown(chosen(whole, columns), columns);
  const row = pieces.map((piece) => shown.find((form) => form.piece === piece)?.text);
  return cut(row.filter((text) => text !== undefined).join(GAP), columns, look.glyph("ellipsis"));
}

const columnsOf = (forms: readonly Form[]): number =>
  forms.reduce((sum, form) => sum + form.columns, 0) + GAP.length * Math.max(forms.length - 1, 0);

/** The forms that stay, each as short as it can be, those of highest priority first; never none. */
function chosen(whole: readonly Form[], columns: number): Form[] {
  const kept: Form[] = [];
  let room = columns;
  for (const form of whole.toSorted((a, b) => b.piece.priority - a.piece.priority)) {
    const shortest = formFor(form, 0);
    const needed = shortest.columns + (kept.length > 0 ? GAP.length : 0);
    if (needed > room && kept.length > 0) continue;
    kept.push(shortest);
    room -= needed;
  }
  return kept;
}

/** The same forms, lengthened as far as the row has room. */
function grown(forms: readonly Form[], columns: number): Form[] {
  let now = [...forms];
  let room = columns - columnsOf(forms);
  for (const share of ROUNDS) {
    now = now.map((form) => {
      const most = Math.min(form.columns + room, Math.floor(columns * share));
      if (form.columns === form.whole || form.columns >= most) return form;
      const longer = formFor(form, most);
      if (longer.columns <= form.columns || longer.columns > most) return form;
      room -= longer.columns - form.columns;
      return longer;
    });
  }
  return now;
}

/** The form of a piece for so many columns: the longest where that fits or where there is none that is shorter. */
function formFor({ piece, whole }: Form, columns: number): Form {
  const text = whole <= columns ? piece.text : (piece.shorten?.(columns) ?? piece.text);
  const taken = text === piece.text ? whole : width(text);
  return taken < whole ? { piece, text, columns: taken, whole } : { piece, text: piece.text, columns: whole, whole };
}
