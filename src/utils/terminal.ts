import themes from "../../data/themes.json";
import { errnoOf, messageOf, PawprintError } from "./errors.ts";
import { entryOf } from "./json.ts";

/** What a colour means; every theme of data/themes.json has one SGR parameter string for each. */
export type Role = keyof typeof themes.classic;

const GLYPHS = {
  unicode: { full: "▰", empty: "▱", branch: "⎇", reset: "↻", to: "→", finding: "!", ellipsis: "…", detached: "◇" },
  ascii: { full: "#", empty: "-", branch: "on", reset: "in", to: "->", finding: "!", ellipsis: "~", detached: "@" },
} as const;
/** Name of a set of characters. */
export type GlyphSet = keyof typeof GLYPHS;
/** What a character stands for. */
export type Glyph = keyof (typeof GLYPHS)["unicode"];

/** How text gets its looks: colours of a theme, characters of a glyph set, links. */
export interface Style {
  readonly glyphs: GlyphSet;
  paint(role: Role, text: string): string;
  /** The text in the role "quiet", in which labels are painted: half of a line. */
  quiet(text: string): string;
  glyph(name: Glyph): string;
  /** A bar of `cells` cells, to the nearest one; never full below 100 percent and never empty above 0. */
  bar(percent: number, cells?: number): string;
  /** The text as an OSC 8 link, or as it is where links are off or the address is no http(s) one. */
  link(url: string, text: string): string;
}

/** The look of a theme by name; a name that is none counts as classic. */
export function styleOf(choice: { theme: string; glyphs: GlyphSet; colour: boolean; links: boolean }): Style {
  const theme: Readonly<Record<Role, string>> = entryOf(themes, choice.theme) ?? themes.classic;
  const glyphs = GLYPHS[choice.glyphs];
  const quiet = choice.colour ? theme.quiet : "";
  return {
    glyphs: choice.glyphs,
    paint: (role, text) =>
      choice.colour && theme[role] !== "" && text !== "" ? `\x1b[${theme[role]}m${text}\x1b[0m` : text,
    // A function of its own: what runs more than 33 times in one refresh starts Bun's compiler threads, which takes 0.5 ms.
    quiet: (text) => (quiet === "" || text === "" ? text : `\x1b[${quiet}m${text}\x1b[0m`),
    glyph: (name) => glyphs[name],
    bar(percent, cells = 10) {
      const least = percent > 0 ? 1 : 0;
      const most = percent >= 100 ? cells : cells - 1;
      const full = Math.min(Math.max(Math.round((percent / 100) * cells), least), most);
      return glyphs.full.repeat(full) + glyphs.empty.repeat(cells - full);
    },
    link: (url, text) =>
      choice.links && /^https?:\/\/[\x21-\x7e]{1,1000}$/.test(url) ? `\x1b]8;;${url}\x1b\\${text}\x1b]8;;\x1b\\` : text,
  };
}

/** C0, DEL and C1 controls, line separators, bidi controls, zero-width and tag characters, lone surrogates. */
const UNSAFE =
  /[\0-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

/** Text from outside made fit for one line of a terminal: no escapes, controls or bidi marks, at most `cap` code points. */
export function clean(text: string, cap = 200): string {
  if (text.length <= cap && /^[ -~]*$/.test(text)) return text;
  const short = text.length > cap * 8 ? text.slice(0, cap * 8) : text;
  const safe = Bun.stripANSI(short).replace(UNSAFE, "");
  return safe.length <= cap ? safe : Array.from(safe).slice(0, cap).join("");
}

/** Sequences that may stay in a text: any colours, and links to http(s) addresses. */
const SEQUENCES = {
  any: "\\x1b\\[[0-9;:]{0,100}m",
  links: "\\x1b\\]8;;(?:https?:\\/\\/[\\x21-\\x7e]{1,1000})?\\x1b\\\\",
};

/** The colours of our themes, which may stay as well. Made when a text needs it: the line, which never does, loads this file too. */
let themeColours: string | undefined;

function coloursOfThemes(): string {
  const codes = new Set(["0", ...Object.values(themes).flatMap((theme) => Object.values(theme))]);
  return `\\x1b\\[(?:${[...codes].filter(Boolean).join("|")})m`;
}

/**
 * Text of any number of lines as it may be written to a terminal. Newlines and tabs stay, and of escape sequences only
 * colours (of our themes or any) and links, where they are allowed; all other controls, bidi marks and invisible characters go.
 */
export function printable(
  text: string,
  allowed: { readonly colour?: boolean | "any"; readonly links?: boolean } = {},
): string {
  if (/^[\n -~]*$/.test(text)) return text;
  const { colour, links } = allowed;
  const kept = [
    ...(colour ? [colour === "any" ? SEQUENCES.any : (themeColours ??= coloursOfThemes())] : []),
    ...(links ? [SEQUENCES.links] : []),
  ];
  const parts = kept.length > 0 ? text.split(new RegExp(`(${kept.join("|")})`)) : [text];
  return parts.map((part, index) => (index % 2 === 1 ? part : withoutControls(part))).join("");
}

/** A carriage return goes unless it ends a line with the newline behind it, since what follows would overwrite the line. */
function withoutControls(text: string): string {
  return Bun.stripANSI(text)
    .replace(/\r(?!\n)/g, " ")
    .replace(UNSAFE, (char) => (char === "\n" || char === "\r" || char === "\t" ? char : ""));
}

/**
 * A value as JSON in which every character that a terminal could take for a command, and every invisible one, is written
 * as \uXXXX: it parses to the same value.
 */
export function jsonText(value: unknown, indent = 0): string {
  const json = JSON.stringify(value, null, indent);
  if (/^[\n -~]*$/.test(json)) return json;
  const escaped = (char: string): string =>
    char === "\n" ? char : char.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return json.replace(UNSAFE, escaped);
}

/** Columns that a text takes, escapes not counted. */
export function width(text: string): number {
  return Bun.stringWidth(text);
}

/** The text cut to `columns`, ending in an ellipsis where something was cut; colours and links are closed. */
export function cut(text: string, columns: number, ellipsis = "…"): string {
  if (width(text) <= columns) return text;
  const mark = columns >= width(ellipsis) ? ellipsis : "";
  const room = columns - width(mark);
  // A wide character that starts in the last column sticks out by one.
  const kept = [room, room - 1]
    .map((end) => Bun.sliceAnsi(text, 0, Math.max(end, 0)))
    .find((part) => width(part) <= room);
  return (kept ?? "") + mark;
}

/** A stretch of time in its two largest units: 45s, 3m, 2h17m, 4d05h. */
export function duration(ms: number): string {
  const seconds = Math.max(Math.floor(ms / 1_000), 0);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (seconds < 60) return `${seconds}s`;
  if (minutes < 60) return `${minutes}m`;
  if (hours < 24) return `${hours}h${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

/** A percentage as whole percent, rounded down as Claude Code does: 99.9 is not yet 100 %. */
export function percent(value: number): string {
  return `${Math.floor(value)}%`;
}

/** Rows of cells as columns padded by display width, two spaces apart. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, width(cell));
    });
  const pad = (cell: string, index: number): string => cell + " ".repeat((widths[index] ?? 0) - width(cell));
  return rows.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

/** Whether somebody sits at an end of this process (0 stdin, 1 stdout, 2 stderr). What is no character device is decided without loading anything. */
export function isTerminal(fd: 0 | 1 | 2): boolean {
  try {
    const { fstatSync } = process.getBuiltinModule("node:fs");
    return fstatSync(fd).isCharacterDevice() && process.getBuiltinModule("node:tty").isatty(fd);
  } catch {
    return false;
  }
}

/** How long to wait until a reader has taken some of a full pipe that does not block, milliseconds. */
const PIPE_WAIT_MS = 2;

/**
 * Writes a line to standard output, whole: console.log neither reports a full disk nor waits for a pipe that does not block.
 * Throws output_closed when the reader has gone, output_failed for anything else that keeps the line from being written.
 */
export function printLine(line: string): void {
  const { writeSync } = process.getBuiltinModule("node:fs");
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      const code = errnoOf(error) ?? messageOf(error);
      if (code === "EAGAIN") Bun.sleepSync(PIPE_WAIT_MS);
      else if (code === "EPIPE") throw new PawprintError("output_closed", "the reader has gone", "", error);
      else if (code !== "EINTR") {
        const hint = "what was printed is not complete: make room, or print to another place";
        throw new PawprintError("output_failed", `standard output cannot be written (${code})`, hint, error);
      }
    }
  }
}
