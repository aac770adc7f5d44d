import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parse, visit } from "jsonc-parser";
import { apply, invert, problemOf } from "../../src/install/jsonc.ts";
import {
  hooksDisabled,
  removeStatusLine,
  setCommand,
  setStatusLine,
  statusLineOf,
  withStatusLine,
} from "../../src/install/status-line.ts";
import { documents, documentsWithLine } from "./jsonc.ts";

const ours = {
  type: "command",
  command: '"/home/a b/.claude/pets/bin/pawprint" statusline',
  refreshInterval: 10,
} as const;
const RUNS = { numRuns: 400 };

function read(text: string): Record<string, unknown> {
  return parse(text.replace(/^\uFEFF/, " "), [], { allowTrailingComma: true });
}

const KEY = "<statusLine>";

/** Everything in a document except its statusLine: members as written, in order, and comments. */
function rest(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let skipping = false;
  let beforeValue = false;
  const note = (offset: number, length: number): void => {
    if (!skipping) parts.push(text.slice(offset, offset + length));
  };
  const open = (offset: number, length: number): void => {
    depth++;
    beforeValue = false;
    note(offset, length);
  };
  const close = (offset: number, length: number): void => {
    depth--;
    if (depth === 0) skipping = false;
    note(offset, length);
  };
  visit(text.replace(/^\uFEFF/, " "), {
    onObjectBegin: open,
    onObjectEnd: close,
    onArrayBegin: open,
    onArrayEnd: close,
    onLiteralValue: (_, offset, length) => {
      beforeValue = false;
      note(offset, length);
    },
    onObjectProperty: (name, offset, length) => {
      if (depth === 1 && name === "statusLine") {
        parts.push(KEY);
        skipping = true;
        beforeValue = true;
      } else note(offset, length);
    },
    onSeparator: (character, offset, length) => {
      if (depth === 1 && character === ",") skipping = false;
      else note(offset, length);
    },
    onComment: (offset, length) => {
      if (!skipping || (depth === 1 && !beforeValue)) parts.push(text.slice(offset, offset + length));
    },
  });
  return parts;
}

describe("an edit of settings.json", () => {
  test("sets the key and keeps every other value, comment and byte order mark", () => {
    fc.assert(
      fc.property(documents, (text) => {
        expect(problemOf(text)).toBeNull();
        const after = withStatusLine(text, ours);
        expect(problemOf(after)).toBeNull();
        expect(read(after)["statusLine"]).toEqual(ours);
        const { statusLine: _, ...others } = read(after);
        const { statusLine: __, ...before } = read(text);
        expect(others).toEqual(before);
        expect(after.startsWith("\uFEFF")).toBe(text.startsWith("\uFEFF"));
        const kept = rest(after).filter((part) => part !== KEY);
        expect(kept).toEqual(rest(text).filter((part) => part !== KEY));
      }),
      RUNS,
    );
  });

  test("changes no byte outside of what it adds or replaces, and can be undone", () => {
    fc.assert(
      fc.property(documents, (text) => {
        const edits = setStatusLine(text, ours);
        const after = apply(text, edits);
        const back = invert(text, edits);
        expect(apply(after, back)).toBe(text);
        const old = statusLineOf(text);
        if (old) expect(edits).toHaveLength(1);
        else expect(edits.every((edit) => edit.length === 0 || text.trim() === "")).toBe(true);
        expect(withStatusLine(after, ours)).toBe(after);
      }),
      RUNS,
    );
  });

  test("removing the key keeps the rest, and restores the exact text if there were other keys", () => {
    fc.assert(
      fc.property(documents, (text) => {
        fc.pre(statusLineOf(text) === null);
        const after = withStatusLine(text, ours);
        const removed = apply(after, removeStatusLine(after));
        expect(problemOf(removed)).toBeNull();
        expect(read(removed)).toEqual(read(text));
        expect(rest(removed)).toEqual(rest(text));
        if (Object.keys(read(text)).length > 0) expect(removed).toBe(text);
      }),
      RUNS,
    );
  });

  test("removes the key at any position and keeps every comment", () => {
    fc.assert(
      fc.property(documentsWithLine, (text) => {
        const removed = apply(text, removeStatusLine(text));
        expect(problemOf(removed)).toBeNull();
        const [before, after] = [rest(text), rest(removed)];
        expect(after.filter((part) => part === KEY)).toHaveLength(before.filter((part) => part === KEY).length - 1);
        expect(after.filter((part) => part !== KEY)).toEqual(before.filter((part) => part !== KEY));
        const { statusLine: _, ...others } = read(text);
        const { statusLine: __, ...left } = read(removed);
        expect(left).toEqual(others);
      }),
      RUNS,
    );
  });

  test("changes only the command and keeps what the user added to our line", () => {
    const text = '{"statusLine": {"padding": 0, /* mine */ "command": "old", "type": "command"}}';
    expect(apply(text, setCommand(text, 'a "b"'))).toBe(
      '{"statusLine": {"padding": 0, /* mine */ "command": "a \\"b\\"", "type": "command"}}',
    );
  });
});

describe("a statusLine added to settings.json", () => {
  const value = { type: "command", command: "x", refreshInterval: 10 } as const;
  const cases: Record<string, [string, string]> = {
    "two spaces": [
      '{\n  "a": 1\n}\n',
      '{\n  "a": 1,\n  "statusLine": {\n    "type": "command",\n    "command": "x",\n    "refreshInterval": 10\n  }\n}\n',
    ],
    tabs: [
      '{\n\t"a": 1\n}',
      '{\n\t"a": 1,\n\t"statusLine": {\n\t\t"type": "command",\n\t\t"command": "x",\n\t\t"refreshInterval": 10\n\t}\n}',
    ],
    "CRLF and a byte order mark": [
      '\uFEFF{\r\n    "a": 1\r\n}\r\n',
      '\uFEFF{\r\n    "a": 1,\r\n    "statusLine": {\r\n        "type": "command",\r\n        "command": "x",\r\n        "refreshInterval": 10\r\n    }\r\n}\r\n',
    ],
    "one line": ['{"a":1}', '{"a":1,"statusLine":{"type":"command","command":"x","refreshInterval":10}}'],
    "one airy line": [
      '{ "a": 1 }\n',
      '{ "a": 1, "statusLine": {"type":"command","command":"x","refreshInterval":10} }\n',
    ],
    "a comment behind the last key and a trailing comma": [
      '{\n  "a": 1, // one\n  // "b": 2\n}\n',
      '{\n  "a": 1, // one\n  "statusLine": {\n    "type": "command",\n    "command": "x",\n    "refreshInterval": 10\n  },\n  // "b": 2\n}\n',
    ],
    "a comment behind the last key": [
      '{\n  "a": 1 // one\n}\n',
      '{\n  "a": 1, // one\n  "statusLine": {\n    "type": "command",\n    "command": "x",\n    "refreshInterval": 10\n  }\n}\n',
    ],
    "no text": [
      "",
      '{\n  "statusLine": {\n    "type": "command",\n    "command": "x",\n    "refreshInterval": 10\n  }\n}\n',
    ],
    "an empty object": [
      "{}",
      '{\n  "statusLine": {\n    "type": "command",\n    "command": "x",\n    "refreshInterval": 10\n  }\n}',
    ],
  };
  for (const [name, [before, after]] of Object.entries(cases)) {
    test(`has the style of a document with ${name}`, () => expect(withStatusLine(before, value)).toBe(after));
  }
});

describe("an invalid settings.json", () => {
  const cases: Record<string, string> = {
    "a missing end": '{"a": 1',
    "a list": "[1, 2]",
    "two documents": "{}{}",
    "a lone value": "null",
    "a control character in a string": '{"a": "\u0001"}',
    "endless nesting": '{"a":'.repeat(100_000),
    "a NUL": '{"a": 1}\0',
    "a missing comma": '{"a": 1 "b": 2}',
    "an open comment": '{"a": 1} /* ',
  };
  for (const [name, text] of Object.entries(cases)) {
    test(`is refused with a reason: ${name}`, () => {
      expect(problemOf(text)).toBeString();
      expect(() => withStatusLine(text, ours)).toThrow(expect.objectContaining({ code: "settings_unreadable" }));
    });
  }

  test("is reported with the line number", () =>
    expect(problemOf('{\r\n  "a": 1,\r\n  "b" 2\r\n}')).toStartWith("line 3:"));
});

test("hooksDisabled() is true if disableAllHooks is set to true", () => {
  expect(hooksDisabled('{"disableAllHooks": true}')).toBe(true);
  expect(hooksDisabled('{"disableAllHooks": false, "env": {"disableAllHooks": true}}')).toBe(false);
  expect(hooksDisabled("")).toBe(false);
});
