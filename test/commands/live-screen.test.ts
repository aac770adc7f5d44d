import { expect, test } from "bun:test";
import { Screen } from "../../src/commands/live/screen.ts";

test("Screen does not clear after a row that fills the terminal, which would erase its last character", () => {
  let written = "";
  const screen = new Screen({ columns: 6, rows: 5, write: (text) => (written += text) });
  screen.draw("123456", ["abcdef"], "uvwxyz");
  for (const row of ["123456", "abcdef", "uvwxyz"]) {
    expect(written).toContain(`\x1b[K${row}`);
    expect(written).not.toContain(`${row}\x1b[K`);
  }
  // What stood below the last row, where nothing does now.
  expect(written).not.toMatch(/\x1b\[J$/);
});
