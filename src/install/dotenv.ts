import { PawprintError } from "../utils/errors.ts";

/** Returns the text of a .env file with one setting changed or added and every other line unchanged. Throws bad_setting. */
export function withSetting(text: string, name: string, value: string): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text.split(/(?<=\n)/);
  const index = lines.findLastIndex((line) => assignment(name).test(line));
  const line = lines[index];
  if (line !== undefined) {
    const [found = "", start = ""] = assignment(name).exec(line) ?? [];
    const behind = line.slice(found.length);
    lines[index] = `${start}${quoted(value)}${behind.startsWith("#") ? " " : ""}${behind}`;
    return lines.join("");
  }
  const end = text === "" || text.endsWith("\n") ? "" : eol;
  return `${text}${end}${name}=${quoted(value)}${eol}`;
}

/** Matches `NAME=value` with the value quoted or not, up to a comment or the end of the line. */
const assignment = (name: string): RegExp =>
  new RegExp(
    `^(\\s*(?:export\\s+)?${name}\\s*=[ \\t]*)(?:(?:"[^"\\r\\n]*"|'[^'\\r\\n]*')(?=\\s*(?:#|$))|(?:(?![ \\t]+#)[^\\r\\n])*)`,
  );

/** Quotes a value for a .env file, which has no escapes. Throws bad_setting. */
function quoted(value: string): string {
  if (/^[\w./~:@%+,=-]+$/.test(value)) return value;
  const mark = [`"`, `'`].find((one) => !value.includes(one));
  if (mark && !/[\r\n]/.test(value)) return `${mark}${value}${mark}`;
  throw new PawprintError("bad_setting", `a .env file cannot hold ${JSON.stringify(value)}`, "choose another path");
}
