import { cut, printable } from "../../utils/terminal.ts";

/** The parts of a terminal that Screen uses. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** A full-screen view on the terminal's alternate screen, so that the previous content comes back afterwards. */
export class Screen implements Disposable {
  readonly #terminal: Terminal;
  #isEntered = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Draws a page: its head, as many lines of its body as fit, and its foot on the last row. */
  draw(head: string, body: readonly string[], foot: string): void {
    const { columns, rows } = this.#terminal;
    const bodyRows = Math.max(rows - 3, 0);
    const shown = body.length > bodyRows ? [...body.slice(0, Math.max(bodyRows - 1, 0)), "…"] : body;
    const page = [head, "", ...shown, ...Array<string>(Math.max(bodyRows - shown.length, 0)).fill(""), foot];
    // Each row is cleared before it is written: clearing after a line that fills its row would erase the last character.
    const safe = page.map((line) => printable(line, { colour: true }).replace(/[\r\n\t]/g, " "));
    const text = safe.map((line) => `\x1b[K${cut(line, columns)}`).join("\r\n");
    this.#terminal.write(`${this.#isEntered ? "" : ENTER}\x1b[H${text}`);
    this.#isEntered = true;
  }

  /** Restores the terminal. May be called twice. */
  [Symbol.dispose](): void {
    if (this.#isEntered) this.#terminal.write(LEAVE);
    this.#isEntered = false;
  }
}
