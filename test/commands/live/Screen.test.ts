import { describe, expect, test } from "bun:test";
import { Terminal } from "@xterm/headless";
import { Screen } from "../../../src/commands/live/Screen.ts";
import { cut } from "../../../src/utils/terminal.ts";

/** A terminal whose output is kept, one entry for each write. */
function terminalOf(columns: number, rows: number) {
  const written: string[] = [];
  return { columns, rows, written, write: (text: string): void => void written.push(text) };
}

describe("Screen", () => {
  test("does not clear after a row that fills the terminal, which would erase its last character", () => {
    const terminal = terminalOf(6, 3);
    new Screen(terminal).draw(["123456", "abcdef", "uvwxyz"]);
    const text = terminal.written.join("");
    for (const row of ["123456", "abcdef", "uvwxyz"]) {
      expect(text).toContain(`\x1b[K${row}`);
      expect(text).not.toContain(`${row}\x1b[K`);
    }
  });

  test("writes only the rows that changed, and nothing where none did", () => {
    const terminal = terminalOf(10, 4);
    const screen = new Screen(terminal);
    screen.draw(["one", "two", "three"]);
    screen.draw(["one", "two", "three"]);
    expect(terminal.written.length).toBe(1);
    screen.draw(["one", "2", "three"]);
    expect(terminal.written.at(-1)).toContain("\x1b[2;1H\x1b[0m\x1b[K2");
    expect(terminal.written.at(-1)).not.toContain("one");
    screen.draw(["one", "2"]);
    expect(terminal.written.at(-1)).toContain("\x1b[3;1H\x1b[0m\x1b[K");
  });

  test("writes every row after a resize, and enters the screen again after it was restored", () => {
    const terminal = terminalOf(10, 2);
    const screen = new Screen(terminal);
    screen.draw(["one", "two"]);
    screen.invalidate();
    screen.draw(["one", "two"]);
    expect(terminal.written.at(-1)).toMatch(/one.*two/);
    screen[Symbol.dispose]();
    screen[Symbol.dispose]();
    expect(terminal.written.filter((text) => text.includes("\x1b[?1049l")).length).toBe(1);
    screen.draw(["one", "two"]);
    expect(terminal.written.at(-1)).toMatch(/\x1b\[\?1049h.*one.*two/);
  });

  test("ends the colour of a painted text that is cut, within its row and before the next one", async () => {
    const emulator = new Terminal({ cols: 20, rows: 2, scrollback: 0, allowProposedApi: true });
    const screen = new Screen({ columns: 20, rows: 2, write: (text) => emulator.write(text) });
    screen.draw([`${cut("\x1b[90mmuch too long\x1b[0m", 6)} plain`, "plain"]);
    await new Promise<void>((done) => emulator.write("", done));
    const cellAt = (row: number, column: number) => emulator.buffer.active.getLine(row)?.getCell(column);
    expect(cellAt(0, 0)?.isFgDefault()).toBe(false);
    for (const [row, column] of [
      [0, 7],
      [1, 0],
    ] as const) {
      expect(cellAt(row, column)?.getChars()).toBe("p");
      expect(cellAt(row, column)?.isFgDefault()).toBe(true);
    }
    emulator.dispose();
  });

  test("draws text from outside without control characters, and in at most the terminal's columns", () => {
    const terminal = terminalOf(8, 1);
    new Screen(terminal).draw(["a\x1b]0;title\x07b\x9b2J\r\n\tcdefghijk"]);
    const drawn = terminal.written.join("").replaceAll(/\x1b\[\??[0-9;]*[hlHKm]/g, "");
    expect(drawn).toMatch(/^[^\0-\x1f\x7f-\x9f]{1,8}$/);
    expect(drawn).toStartWith("ab");
  });
});
