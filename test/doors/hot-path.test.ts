import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { doorPath } from "./program.ts";

const line = readFileSync(doorPath("statusline"), "utf8");
const cli = readFileSync(doorPath("cli"), "utf8");

/** What costs the line more time than it has, by a sign of it in the bundle. */
const dear: Readonly<Record<string, RegExp>> = {
  pino: /pino/,
  "proper-lockfile": /lockfile/,
  zod: /ZodError|zod/i,
  "node:stream": /["'](?:node:)?stream/,
  "process.stdout": /process\.stdout/,
  "process.stdin": /process\.stdin/,
  "node:fs at once": /(?:from\s*|require\()["'](?:node:)?fs["']/,
  "bun:sqlite": /bun:sqlite/,
  "node:child_process": /child_process/,
  "node:crypto": /["'](?:node:)?crypto["']/,
  sockets: /["'](?:node:)?(?:net|http|https|tls|dgram)["']|Bun\.(?:connect|listen|serve)|\bfetch\(/,
};

describe("the bundle of the line", () => {
  test.each(Object.entries(dear))("holds no %s", (_, sign) => {
    expect(sign.exec(line)?.[0]).toBeUndefined();
  });

  test("spawns one thing only, the worker, and that in a file that it loads later", () => {
    expect(line).not.toContain("Bun.spawn");
  });

  test("the signs are signs: the rest of the program has them", () => {
    const source = readFileSync(new URL("../../node_modules/proper-lockfile/lib/lockfile.js", import.meta.url), "utf8");
    expect(dear["proper-lockfile"]?.test(source)).toBe(true);
    expect(dear["node:fs at once"]?.test('import{a}from"fs"')).toBe(true);
    expect(dear["node:fs at once"]?.test('require("node:fs")')).toBe(true);
    expect(dear["zod"]?.test("class ZodError")).toBe(true);
    expect(cli.startsWith("#!/usr/bin/env -S bun --no-env-file --config=/dev/null")).toBe(true);
  });
});
