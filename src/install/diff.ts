import { clean } from "../utils/terminal.ts";

const CONTEXT = 2;

/** Returns a unified diff of two texts, as one hunk with two lines of context; "" if they are equal. */
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

/** Splits a diff into lines without control characters. */
export function printable(text: string): string[] {
  return text === "" ? [] : text.split("\n").map((line) => clean(line.replaceAll("\t", "  "), 2_000));
}

/** Names a single file, or counts several: "pawprint" or "3 files". */
export function fileCount(files: readonly string[]): string {
  return files.length === 1 ? (files[0] ?? "") : `${files.length} files`;
}

/** Splits a text into lines with their line ends; none for an empty text. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

const marked = (mark: string, lines: readonly string[]): string[] =>
  lines.map((line) => {
    const end = line.endsWith("\n") ? "" : "\n\\ No newline at end of file";
    return `${mark}${line.replace(/\r?\n$/, "")}${end}`;
  });
