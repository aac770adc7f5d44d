import type { Random } from "../../sources/random.ts";

/** Values that a field rarely expects, as JSON. */
const VALUES = [
  "null",
  "true",
  "-1",
  "0.5",
  "1e999",
  "9007199254740993",
  "-0",
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"../../etc/passwd"',
  '"\'; DROP TABLE journal; --"',
  '"\\u001b[31m"',
  '"2026-11-28T10:00:00Z"',
  "[]",
  "{}",
  '{"__proto__":{"scope":"admin"}}',
  '{"constructor":{"prototype":{"scope":"admin"}}}',
  "[[[[[[[[[[]]]]]]]]]]",
  `"${"x".repeat(5_000)}"`,
  `[${"0,".repeat(2_000)}0]`,
];

/** A damaged copy of a JSON text: values exchanged, fields removed, doubled or added, bytes changed, the end cut off. */
export function damaged(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  switch (random.below(8)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 2:
      return "[".repeat(20_000) + "]".repeat(20_000);
    case 3:
      return random.of(VALUES);
    case 4:
      return text.replace(/}(?!.*})/, `,"extra":${random.of(VALUES)}}`);
    default:
      return withValue(text, random.of(VALUES), random);
  }
}

/** The text with one value, at any depth, replaced, or its field removed or doubled. */
function withValue(text: string, value: string, random: Random): string {
  const fields = [...text.matchAll(/"(?:[^"\\]|\\.)*":|(?<=[[,])(?=[{\d"[])/g)];
  if (fields.length === 0) return value;
  const field = random.of(fields);
  const from = field.index + field[0].length;
  const to = endOfValue(text, from);
  const how = random.below(10);
  if (how < 2) return text.slice(0, field.index) + text.slice(to).replace(/^,/, "");
  if (how === 2) return `${text.slice(0, to)},${text.slice(field.index, to)}${text.slice(to)}`;
  return text.slice(0, from) + value + text.slice(to);
}

/** Where the value that begins at a position ends. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  let isText = false;
  for (let at = from; at < text.length; at++) {
    const one = text[at];
    if (isText) {
      if (one === "\\") at++;
      else if (one === '"') isText = false;
    } else if (one === '"') isText = true;
    else if (one === "[" || one === "{") depth++;
    else if (one === "]" || one === "}") {
      if (depth === 0) return at;
      depth--;
    } else if (one === "," && depth === 0) return at;
  }
  return text.length;
}
