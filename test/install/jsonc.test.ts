import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parse, visit } from "jsonc-parser";
import { apply, invert, type JsonPath, problemOf, removeValue, setJson, valueAt } from "../../src/install/jsonc.ts";
import { documents } from "./jsonc.ts";

const RUNS = { numRuns: 400 };

const read = (text: string): unknown => parse(text.replace(/^\uFEFF/, " "), [], { allowTrailingComma: true });

function commentsIn(text: string): string[] {
  const comments: string[] = [];
  visit(text.replace(/^\uFEFF/, " "), {
    onComment: (offset, length) => void comments.push(text.slice(offset, offset + length)),
  });
  return comments;
}

/** The paths of all lists in a value. */
function listsIn(value: unknown, path: JsonPath = []): JsonPath[] {
  if (typeof value !== "object" || value === null) return [];
  const below = Array.isArray(value)
    ? value.flatMap((item, index) => listsIn(item, [...path, index]))
    : Object.entries(value).flatMap(([key, member]) => listsIn(member, [...path, key]));
  return Array.isArray(value) ? [path, ...below] : below;
}

/** A document, and the path and items of one of its lists. */
const documentsWithList = fc
  .tuple(documents, fc.nat())
  .map(([text, choice]) => {
    const lists = listsIn(read(text));
    const path = lists[choice % lists.length] ?? [];
    return { text, path, items: valueAt(text, path)?.value };
  })
  .filter((one): one is { text: string; path: JsonPath; items: unknown[] } => Array.isArray(one.items));

describe("an edit of a list in a JSON document with comments", () => {
  test("adds an item at the end, keeps every comment and can be undone to the byte", () => {
    fc.assert(
      fc.property(documentsWithList, ({ text, path, items }) => {
        const edits = setJson(text, [...path, items.length], '{"command":"x"}');
        const after = apply(text, edits);
        expect(problemOf(after)).toBeNull();
        expect(valueAt(after, path)?.value).toEqual([...items, { command: "x" }]);
        expect(commentsIn(after)).toEqual(commentsIn(text));
        expect(apply(after, invert(text, edits))).toBe(text);
      }),
      RUNS,
    );
  });

  test("removes an item at any position, keeps every comment around it and changes no other value", () => {
    fc.assert(
      fc.property(documentsWithList, fc.nat(), ({ text, path, items }, choice) => {
        fc.pre(items.length > 0);
        const index = choice % items.length;
        const after = apply(text, removeValue(text, [...path, index]));
        expect(problemOf(after)).toBeNull();
        expect(valueAt(after, path)?.value).toEqual(items.toSpliced(index, 1));
        const outside = apply(text, setJson(text, [...path, index], "null"));
        expect(commentsIn(after)).toEqual(commentsIn(outside));
        const put = (left: string): unknown => read(apply(left, setJson(left, path, "null")));
        expect(put(after)).toEqual(put(text));
      }),
      RUNS,
    );
  });
});

describe("a value at a path of a JSON document", () => {
  const added: Record<string, [string, JsonPath, string]> = {
    "in objects and a list that do not exist yet": ['{"a":1}', ["hooks", "stop", 0], '{"a":1,"hooks":{"stop":[5]}}'],
    "in an empty object": ['{\n  "hooks": {}\n}', ["hooks", "stop"], '{\n  "hooks": {"stop": 5}\n}'],
    "behind the comment of the last item": [
      '{\n  "hooks": {\n    "stop": [\n      1 // one\n    ]\n  }\n}',
      ["hooks", "stop", 1],
      '{\n  "hooks": {\n    "stop": [\n      1, // one\n      5\n    ]\n  }\n}',
    ],
    "indented below its list if no other item begins a line": [
      '{\n  "hooks": {\n    "stop": [{\n      "command": "a"\n    }]\n  }\n}',
      ["hooks", "stop", 1],
      '{\n  "hooks": {\n    "stop": [{\n      "command": "a"\n    },\n      5]\n  }\n}',
    ],
    "in the last of two objects of the same name, which counts": [
      '{"hooks":{"stop":[1]},"hooks":{"stop":[2]}}',
      ["hooks", "stop", 1],
      '{"hooks":{"stop":[1]},"hooks":{"stop":[2,5]}}',
    ],
  };
  for (const [name, [before, path, after]] of Object.entries(added)) {
    test(`is added ${name}`, () => expect(apply(before, setJson(before, path, "5"))).toBe(after));
  }

  test("is refused if something around it has another type", () => {
    const refuses = (text: string, why: string): void =>
      expect(() => setJson(text, ["hooks", "stop", 0], "5")).toThrow(why);
    refuses('{"hooks": 5}', "hooks is not an object");
    refuses('{"hooks": {"stop": {}}}', "hooks.stop is not a list");
  });

  test("is removed with its line if it was the only item", () => {
    const text = '{\n  "stop": [\n    1\n  ]\n}';
    expect(apply(text, removeValue(text, ["stop", 0]))).toBe('{\n  "stop": [\n  ]\n}');
  });
});
