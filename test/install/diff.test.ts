import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { diff, printable } from "../../src/install/diff.ts";

test.if(Bun.which("patch") !== null)("diff() prints a diff that patch(1) applies", () => {
  const directory = mkdtempSync(join(tmpdir(), "diff-"));
  const file = join(directory, "file");
  const text = fc
    .array(fc.constantFrom("a", "b", "{", "}", ""), { maxLength: 8 })
    .chain((lines) => fc.constantFrom("", "\n").map((end) => lines.join("\n") + (lines.length > 0 ? end : "")));
  fc.assert(
    fc.property(text, text, (before, after) => {
      fc.pre(before !== after && before !== "" && after !== "");
      writeFileSync(file, before);
      const done = Bun.spawnSync(["patch", "-s", file], { stdin: Buffer.from(`${diff(before, after, file)}\n`) });
      expect(`${done.exitCode} ${done.stdout.toString()}`).toBe("0 ");
      expect(readFileSync(file, "utf8")).toBe(after);
    }),
    { numRuns: 100 },
  );
  rmSync(directory, { recursive: true });
});

test("diff() shows two lines of context and no escape sequences", () => {
  const before = "1\n2\n3\n\x1b[31m4\n5\n6\n7\n";
  expect(printable(diff(before, before.replace("5", "five"), "x"))).toEqual([
    "--- x",
    "+++ x",
    "@@ -3,5 +3,5 @@",
    " 3",
    " 4",
    "-5",
    "+five",
    " 6",
    " 7",
  ]);
  expect(diff("a", "a", "x")).toBe("");
  expect(printable("")).toEqual([]);
});
