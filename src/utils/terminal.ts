import themes from "../../data/themes.json";
import { errnoOf, messageOf, PawprintError } from "./errors.ts";
import { entryOf } from "./json.ts";

/** The meaning of a colour. Every theme of data/themes.json has an SGR parameter string for each. */
export type Role = keyof typeof themes.classic;

const GLYPHS = {
  unicode: { full: "▰", empty: "▱", branch: "⎇", reset: "↻", to: "→", finding: "!", ellipsis: "…", detached: "◇" },
  ascii: { full: "#", empty: "-", branch: "on", reset: "in", to: "->", finding: "!", ellipsis: "~", detached: "@" },
} as const;
/** Name of a set of characters. */
export type GlyphSet = keyof typeof GLYPHS;
/** The meaning of a character. */
export type Glyph = keyof (typeof GLYPHS)["unicode"];

/** The style of output: colours of a theme, characters of a glyph set, links. */
export interface Style {
  readonly glyphs: GlyphSet;
  paint(role: Role, text: string): string;
  /** The text in the role "quiet", which labels use; about half of a line has it. */
  quiet(text: string): string;
  glyph(name: Glyph): string;
  /** A bar of `cells` cells, rounded to the nearest cell; never full below 100 percent and never empty above 0. */
  bar(percent: number, cells?: number): string;
  /** The text as an OSC 8 link; unchanged if links are off or the URL is not http(s). */
  link(url: string, text: string): string;
}

/** The style for a theme; unknown names mean classic. */
export function styleOf(choice: { theme: string; glyphs: GlyphSet; colour: boolean; links: boolean }): Style {
  const theme: Readonly<Record<Role, string>> = entryOf(themes, choice.theme) ?? themes.classic;
  const glyphs = GLYPHS[choice.glyphs];
  const quiet = choice.colour ? theme.quiet : "";
  return {
    glyphs: choice.glyphs,
    paint: (role, text) =>
      choice.colour && theme[role] !== "" && text !== "" ? `\x1b[${theme[role]}m${text}\x1b[0m` : text,
    // A separate function, because what runs more than 33 times in one refresh starts Bun's compiler threads, which
    // takes 0.5 ms.
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

/**
 * Makes text from outside safe for one line of a terminal: no escapes, controls or bidi marks, and at most `cap` code
 * points.
 */
export function clean(text: string, cap = 200): string {
  if (text.length <= cap && /^[ -~]*$/.test(text)) return text;
  const short = text.length > cap * 8 ? text.slice(0, cap * 8) : text;
  const safe = Bun.stripANSI(short).replace(UNSAFE, "");
  return safe.length <= cap ? safe : Array.from(safe).slice(0, cap).join("");
}

/** Escape sequences that a text may keep: any colours, and links to http(s) URLs. */
const SEQUENCES = {
  any: "\\x1b\\[[0-9;:]{0,100}m",
  links: "\\x1b\\]8;;(?:https?:\\/\\/[\\x21-\\x7e]{1,1000})?\\x1b\\\\",
};

/**
 * A pattern for the colours of the themes, which are allowed too. Compiled on use, since the line loads this file but
 * never needs it.
 */
let themeColours: string | undefined;

function coloursOfThemes(): string {
  const codes = new Set(["0", ...Object.values(themes).flatMap((theme) => Object.values(theme))]);
  return `\\x1b\\[(?:${[...codes].filter(Boolean).join("|")})m`;
}

/**
 * Makes text of several lines safe for a terminal. Newlines and tabs are kept, and of escape sequences only colours (of
 * the themes or any) and links, if allowed; all other controls, bidi marks and invisible characters are removed.
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

/** A carriage return not followed by a newline becomes a space, since it would let text overwrite its line. */
function withoutControls(text: string): string {
  return Bun.stripANSI(text)
    .replace(/\r(?!\n)/g, " ")
    .replace(UNSAFE, (char) => (char === "\n" || char === "\r" || char === "\t" ? char : ""));
}

/**
 * A value as JSON, with every control character and every invisible one written as \uXXXX. Parses to the same value.
 */
export function jsonText(value: unknown, indent = 0): string {
  const json = JSON.stringify(value, null, indent);
  if (/^[\n -~]*$/.test(json)) return json;
  const escaped = (char: string): string =>
    char === "\n" ? char : char.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return json.replace(UNSAFE, escaped);
}

/** The display width of a text in columns, without escape sequences. */
export function width(text: string): number {
  return Bun.stringWidth(text);
}

/** Cuts a text to `columns`, with an ellipsis at the end if something was cut; open colours and links are closed. */
export function cut(text: string, columns: number, ellipsis = "…"): string {
  if (width(text) <= columns) return text;
  const mark = columns >= width(ellipsis) ? ellipsis : "";
  const available = columns - width(mark);
  // A wide character that starts in the last column is one column too wide.
  const kept = [available, available - 1]
    .map((end) => Bun.sliceAnsi(text, 0, Math.max(end, 0)))
    .find((part) => width(part) <= available);
  return (kept ?? "") + mark;
}

/** A duration in its two largest units: 45s, 3m, 2h17m, 4d05h. */
export function duration(ms: number): string {
  const seconds = Math.max(Math.floor(ms / 1_000), 0);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const twoDigits = (value: number): string => String(value).padStart(2, "0");
  if (seconds < 60) return `${seconds}s`;
  if (minutes < 60) return `${minutes}m`;
  if (hours < 24) return `${hours}h${twoDigits(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d${twoDigits(hours % 24)}h`;
}

/** A percentage rounded down to a whole number, as in Claude Code: 99.9 is not yet 100 %. */
export function percent(value: number): string {
  return `${Math.floor(value)}%`;
}

/** Rows of cells as columns, padded by display width and two spaces apart. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, width(cell));
    });
  const pad = (cell: string, index: number): string => cell + " ".repeat((widths[index] ?? 0) - width(cell));
  return rows.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

/** What Bun implements node:tty with, and offers for the sake of packages that use it under Node. */
interface TerminalBinding {
  isTTY(fd: number): boolean;
  readonly TTY: new (fd: number) => { getWindowSize(size: number[]): boolean };
}

/** Loading node:tty or process.stdout takes 5 ms; what they call takes 0.1 ms. A Bun without it gets the same answers from those. */
const binding = (): TerminalBinding =>
  (process as unknown as { binding(name: string): TerminalBinding }).binding("tty_wrap");

/** Whether a stream of this process (0 stdin, 1 stdout, 2 stderr) is a terminal. */
export function isTerminal(fd: 0 | 1 | 2): boolean {
  try {
    return binding().isTTY(fd);
  } catch {
    return process.getBuiltinModule("node:tty").isatty(fd);
  }
}

/** The width of the terminal that a stream of this process is, in columns; 0 if it is not known. */
export function columnsOf(fd: 1 | 2): number {
  try {
    // Filled in place: columns, rows.
    const size = [0, 0];
    return new (binding().TTY)(fd).getWindowSize(size) ? (size[0] ?? 0) : 0;
  } catch {
    return (fd === 1 ? process.stdout : process.stderr).columns ?? 0;
  }
}

/** How long to wait before writing to a full non-blocking pipe again, milliseconds. */
const PIPE_WAIT_MS = 2;

/**
 * Writes a whole line to standard output: console.log neither reports a full disk nor waits for a non-blocking pipe.
 * Throws output_closed if the reader has closed the pipe, output_failed for any other failure.
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
      else if (code === "EPIPE")
        throw new PawprintError("output_closed", "the reader has closed the output", "", error);
      else if (code !== "EINTR") {
        const hint = "the output is incomplete: free some disk space, or send the output elsewhere";
        throw new PawprintError("output_failed", `standard output cannot be written (${code})`, hint, error);
      }
    }
  }
}
