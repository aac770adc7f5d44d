import { cut, type Style } from "../../utils/terminal.ts";

/** Wraps a sentence between words into indented lines of at most `width` columns; a longer word, such as an address, stays whole. */
export function wrapWords(sentence: string, width: number, indent = 0): string[] {
  const lines = [""];
  for (const word of sentence.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && Bun.stringWidth(`${line} ${word}`) > width - indent) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => " ".repeat(indent) + line);
}

/** Joins pieces of text into lines of at most `width` columns; later lines are indented, longer pieces are cut. */
export function wrapItems(pieces: readonly string[], width: number, indent: number, style: Style): string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    const joined = last === undefined ? piece : `${last}  ${piece}`;
    if (last === undefined) lines.push(piece);
    else if (Bun.stringWidth(joined) <= width) lines[lines.length - 1] = joined;
    else lines.push(" ".repeat(indent) + piece);
  }
  return lines.map((line) => cut(line, width, style.glyph("ellipsis")));
}
