import { cut, printable, width } from "../../utils/terminal.ts";

/** The parts of a terminal that Screen uses. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

/** The alternate screen, no cursor, no line wrapping, and pasted text marked as such. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h";
const LEAVE = "\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l";
/** A terminal that knows synchronized output shows what is between these at once; others ignore them. */
const [BEGIN, END] = ["\x1b[?2026h", "\x1b[?2026l"];

/** A full-screen view on the terminal's alternate screen, so that the previous content comes back afterwards. */
export class Screen implements Disposable {
  readonly #terminal: Terminal;
  /** The rows on the screen; null before the first and after a resize. */
  #shown: readonly string[] | null = null;
  #isEntered = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Draws a frame of at most as many lines as the terminal has rows. Rows that are shown already are not written again. */
  draw(frame: readonly string[]): void {
    const { columns, rows } = this.#terminal;
    const lines = Array.from({ length: rows }, (_, row) => {
      // Any colours, because a painted text that was cut ends with a code that no theme has.
      const safe = printable(frame[row] ?? "", { colour: "any" }).replace(/[\r\n\t]/g, " ");
      return width(safe) > columns ? cut(safe, columns) : safe;
    });
    const shown = this.#isEntered && this.#shown?.length === rows ? this.#shown : null;
    const changed = lines.flatMap((line, row) =>
      // Each row is cleared before it is written: clearing after a line that fills its row would erase the last character.
      shown?.[row] === line ? [] : [`\x1b[${row + 1};1H\x1b[0m\x1b[K${line}`],
    );
    if (changed.length > 0) this.#terminal.write(`${this.#isEntered ? "" : ENTER}${BEGIN}${changed.join("")}${END}`);
    this.#isEntered = true;
    this.#shown = lines;
  }

  /** The next frame is drawn as a whole, since the terminal no longer shows the last one. */
  invalidate(): void {
    this.#shown = null;
  }

  /** Restores the terminal; the next frame enters the alternate screen again. May be called twice. */
  [Symbol.dispose](): void {
    if (this.#isEntered) this.#terminal.write(LEAVE);
    this.#isEntered = false;
  }
}
