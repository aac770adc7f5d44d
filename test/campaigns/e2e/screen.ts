import { Terminal } from "@xterm/headless";
import { until } from "./checks.ts";

/** A run of cells with the same style. */
export interface Span {
  readonly text: string;
  /** Column of the first cell, and the number of cells. */
  readonly column: number;
  readonly width: number;
  /** A palette number, an RGB colour, or null for the terminal's default. */
  readonly colour: number | { readonly rgb: string } | null;
  readonly bold: boolean;
  readonly dim: boolean;
}

/** A program in a pseudo-terminal, and the text on its screen. */
export class Screen {
  readonly child: Bun.Subprocess;
  readonly #emulator: Terminal;

  constructor(command: string[], options: { cwd: string; env: Record<string, string>; columns: number; rows: number }) {
    const { cwd, env, columns, rows } = options;
    const emulator = new Terminal({ cols: columns, rows, scrollback: 0, allowProposedApi: true });
    this.#emulator = emulator;
    this.child = Bun.spawn(command, {
      cwd,
      env: { ...env, TERM: "xterm-256color" },
      terminal: { cols: columns, rows, data: (_, bytes) => emulator.write(bytes) },
    });
    // A terminal answers queries for its type and its cursor position.
    emulator.onData((answer) => this.type(answer));
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Sends keys. */
  type(keys: string): void {
    const terminal = this.child.terminal;
    if (terminal && !terminal.closed) terminal.write(keys);
  }

  /** Changes the size of the terminal. */
  resize(columns: number, rows: number): void {
    this.#emulator.resize(columns, rows);
    this.child.terminal?.resize(columns, rows);
  }

  /** The rows of the screen, without trailing blanks. */
  async lines(): Promise<string[]> {
    await new Promise<void>((done) => this.#emulator.write("", done));
    const buffer = this.#emulator.buffer.active;
    return Array.from(
      { length: this.#emulator.rows },
      (_, row) => buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? "",
    );
  }

  /** The rows of the screen with their styles, without blank cells. */
  async spans(): Promise<Span[][]> {
    await new Promise<void>((done) => this.#emulator.write("", done));
    const buffer = this.#emulator.buffer.active;
    return Array.from({ length: this.#emulator.rows }, (_, row) => {
      const line = buffer.getLine(buffer.viewportY + row);
      const spans: Span[] = [];
      for (let column = 0; column < this.#emulator.cols; column++) {
        const cell = line?.getCell(column);
        const text = cell?.getChars() ?? "";
        if (!cell || text.trim() === "") continue;
        const rgb = `#${cell.getFgColor().toString(16).padStart(6, "0")}`;
        const colour = cell.isFgDefault() ? null : cell.isFgPalette() ? cell.getFgColor() : { rgb };
        const span = {
          text,
          column,
          width: cell.getWidth(),
          colour,
          bold: cell.isBold() !== 0,
          dim: cell.isDim() !== 0,
        };
        const last = spans.at(-1);
        const look = ({ colour: ink, bold, dim }: Span): string => JSON.stringify([ink, bold, dim]);
        if (last && last.column + last.width === column && look(last) === look(span)) {
          spans[spans.length - 1] = { ...last, text: last.text + text, width: last.width + span.width };
        } else spans.push(span);
      }
      return spans;
    });
  }

  /** Waits for a row that contains all of `parts` and returns it; null after the deadline. */
  row(deadlineMs: number, ...parts: string[]): Promise<string | null> {
    return until(deadlineMs, async () =>
      (await this.lines()).find((line) => parts.every((part) => line.includes(part))),
    );
  }

  /** Sends a text, waits until it is on the screen, and then presses Enter; sent at once, both would count as pasted. */
  async submit(text: string): Promise<boolean> {
    this.type(text);
    const shown = await this.row(10_000, text);
    this.type("\r");
    return shown !== null;
  }

  /** Returns the exit status, or null if the program is still running at the deadline. */
  async ended(deadlineMs: number): Promise<number | null> {
    const gone = await until(deadlineMs, () => this.child.exitCode !== null || this.child.signalCode !== null);
    return gone ? (this.child.exitCode ?? -1) : null;
  }

  /** Kills the program if it is still running, and closes the terminal. */
  close(): void {
    this.child.kill("SIGKILL");
    this.child.terminal?.close();
    this.#emulator.dispose();
  }
}
