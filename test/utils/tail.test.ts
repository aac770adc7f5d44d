import { expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readLines } from "../../src/utils/tail.ts";

/** The lines of a file with that text, or as `make` leaves it. */
function linesOf(text: string, make?: (path: string) => void): string[] {
  const folder = mkdtempSync(join(tmpdir(), "pawprint-tail-"));
  try {
    const path = join(folder, "usage.jsonl");
    writeFileSync(path, text, { mode: 0o600 });
    make?.(path);
    return [...readLines(path)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("lines are whole wherever a block of the file ends, and an unfinished last one is left out", () => {
  const lines = Array.from({ length: 4_000 }, (_, index) => `${"é".repeat(index % 97)}${index}`);
  expect(linesOf(`${lines.join("\n")}\nunfinished`)).toEqual(lines);
  expect(linesOf("\n\na\n")).toEqual(["", "", "a"]);
  expect(linesOf("")).toEqual([]);
});

test("a line of more than 16 MiB is left out, and what stands before and behind it is read", () => {
  const long = "x".repeat(17 * 1_048_576);
  expect(linesOf(`before\n${long}\nbehind\n`)).toEqual(["before", "behind"]);
});

test("of a file of 4 GiB only the end is read", () => {
  const grow = (path: string): void => {
    truncateSync(path, 4 * 2 ** 30);
    appendFileSync(path, "\nbehind\n");
  };
  expect(linesOf("before\n", grow)).toEqual(["behind"]);
}, 60_000);
