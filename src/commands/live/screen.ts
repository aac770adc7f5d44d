import { cut, printable } from "../../utils/terminal.ts";

/** What of a terminal a full-screen view needs. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** The whole terminal, on its alternate screen, so that what stood there before comes back. */
export class Screen implements Disposable {
  readonly #terminal: Terminal;
  #isEntered = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Draws a page: its head, as much of its body as there is room for, and its foot on the last row. */
  draw(head: string, body: readonly string[], foot: string): void {
    const { columns, rows } = this.#terminal;
    const room = Math.max(rows - 3, 0);
    const shown = body.length > room ? [...body.slice(0, Math.max(room - 1, 0)), "…"] : body;
    const page = [head, "", ...shown, ...Array<string>(Math.max(room - shown.length, 0)).fill(""), foot];
    // All rows are written, each cleared before: behind a line that fills its row, the last character would be cleared.
    const safe = page.map((line) => printable(line, { colour: true }).replace(/[\r\n\t]/g, " "));
    const text = safe.map((line) => `\x1b[K${cut(line, columns)}`).join("\r\n");
    this.#terminal.write(`${this.#isEntered ? "" : ENTER}\x1b[H${text}`);
    this.#isEntered = true;
  }

  /** Gives the terminal back as it was. May be called twice. */
  [Symbol.dispose](): void {
    if (this.#isEntered) this.#terminal.write(LEAVE);
    this.#isEntered = false;
  }
}
