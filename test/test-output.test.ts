import { expect, test } from "bun:test";
import { failuresIn, shortNames, slowestFiles } from "./test-output.ts";

const OUTPUT = `bun test v1.4.4 (38afee6c8)

test/a.test.ts:
(pass) a group > a name with [brackets] and 5 ms [10.50ms]

test/b.test.ts:
(pass) quick
(fail) slow [1500.00ms]
(skip) left out

test/a.test.ts:
(pass) files of two processes alternate [20.00ms]

test/c.test.ts:
(pass) fast [1.00ms]
✗ test/d.test.ts (worker crashed: SIGKILL)

1 tests failed:
(fail) slow [1500.00ms]

 4 pass
`;

test("the slowest files are summed over all their tests, and failures that are printed twice count once", () => {
  expect(slowestFiles(OUTPUT, 2)).toEqual([
    { file: "test/b.test.ts", ms: 1500 },
    { file: "test/a.test.ts", ms: 30.5 },
  ]);
});

test("a failed test and a file whose process ended early are both listed, without what passed", () => {
  expect(failuresIn(OUTPUT)).toEqual(["(fail) slow [1500.00ms]", "✗ test/d.test.ts (worker crashed: SIGKILL)"]);
});

test("names of fewer than four words are listed, without the groups around them", () => {
  expect(shortNames(OUTPUT)).toEqual([
    "test/b.test.ts: quick",
    "test/b.test.ts: slow",
    "test/b.test.ts: left out",
    "test/c.test.ts: fast",
  ]);
});
