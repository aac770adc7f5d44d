import { expect, test } from "bun:test";
import { namesIn } from "../../src/dashboard/paths.ts";

test("a path fits its pattern with or without a slash at its end, and has the names of it decoded", () => {
  const fits = (pattern: string, paths: readonly string[]): boolean[] =>
    paths.map((path) => namesIn(pattern, path) !== null);
  expect(fits("/", ["/", "/usage", "/usage/"])).toEqual([true, false, false]);
  expect(fits("/usage", ["/usage", "/usage/", "/usage//", "/usages", "/"])).toEqual([true, true, false, false, false]);
  expect(namesIn("/sessions/:session", "/sessions/a%2Fb/")).toEqual({ session: "a/b" });
  expect(namesIn("/sessions/:session", "/sessions/%E0%A4%A")).toBeNull();
});
