import { Terminal } from "@xterm/headless";
import { until } from "./checks.ts";

/** A program in a pseudo-terminal, and what a person in front of it would read. */
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
    // A terminal answers when it is asked who it is and where its cursor stands.
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

  /** The rows of the screen, without blanks at their ends. */
  async lines(): Promise<string[]> {
    await new Promise<void>((done) => this.#emulator.write("", done));
    const buffer = this.#emulator.buffer.active;
    return Array.from(
      { length: this.#emulator.rows },
      (_, row) => buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? "",
    );
  }

  /** The first row that holds all of `parts`, or null when none has come by the deadline. */
  row(deadlineMs: number, ...parts: string[]): Promise<string | null> {
    return until(deadlineMs, async () =>
      (await this.lines()).find((line) => parts.every((part) => line.includes(part))),
    );
  }

  /** Sends a text, waits until it is to be read, and then presses Enter: sent at once both would count as pasted. */
  async submit(text: string): Promise<boolean> {
    this.type(text);
    const shown = await this.row(10_000, text);
    this.type("\r");
    return shown !== null;
  }

  /** The exit status, or null when the program has not ended by the deadline. */
  async ended(deadlineMs: number): Promise<number | null> {
    const gone = await until(deadlineMs, () => this.child.exitCode !== null || this.child.signalCode !== null);
    return gone ? (this.child.exitCode ?? -1) : null;
  }

  /** Ends the program if it still runs, and closes the terminal. */
  close(): void {
    this.child.kill("SIGKILL");
    this.child.terminal?.close();
    this.#emulator.dispose();
  }
}
