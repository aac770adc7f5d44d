import { clean } from "../utils/terminal.ts";

const CONTEXT = 2;

/** What changes from one text to the other, as a unified diff of one hunk with two lines of context; "" when nothing does. */
export function diff(before: string, after: string, name: string): string {
  if (before === after) return "";
  const old = linesOf(before);
  const now = linesOf(after);
  let head = 0;
  while (head < Math.min(old.length, now.length) && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  const from = Math.max(head - CONTEXT, 0);
  const behind = Math.min(tail, CONTEXT);
  const [oldEnd, nowEnd] = [old.length - tail, now.length - tail];
  const range = (end: number): string => {
    const count = end + behind - from;
    return `${count === 0 ? from : from + 1},${count}`;
  };
  return [
    `--- ${name}`,
    `+++ ${name}`,
    `@@ -${range(oldEnd)} +${range(nowEnd)} @@`,
    ...marked(" ", old.slice(from, head)),
    ...marked("-", old.slice(head, oldEnd)),
    ...marked("+", now.slice(head, nowEnd)),
    ...marked(" ", old.slice(oldEnd, oldEnd + behind)),
  ].join("\n");
}

/** A diff as lines that are safe to print, whatever stands in the file. */
export function printable(text: string): string[] {
  return text === "" ? [] : text.split("\n").map((line) => clean(line.replaceAll("\t", "  "), 2_000));
}

/** File names as a sentence part: the name of one, the number of several. */
export function counted(files: readonly string[]): string {
  return files.length === 1 ? (files[0] ?? "") : `${files.length} files`;
}

/** Lines with their ends; none for the empty text. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

const marked = (mark: string, lines: readonly string[]): string[] =>
  lines.map((line) => {
    const end = line.endsWith("\n") ? "" : "\n\\ No newline at end of file";
    return `${mark}${line.replace(/\r?\n$/, "")}${end}`;
  });
