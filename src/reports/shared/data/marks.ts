import themes from "../../../../data/themes.json";
import { clean, type GlyphSet, type Role, type Style, styleOf } from "../../../utils/terminal.ts";

/** A part of a drawn line: text, or text in a role of the theme. */
export type Span = string | readonly [role: Role, text: string];

/** All roles that a part may have. */
export const roles = Object.keys(themes.classic) as Role[];

/** Longest text of a part, characters; no terminal is wider. */
export const MAX_SPAN = 2_000;

/**
 * A style that marks each role by a colour that no theme has, because what draws measures and cuts text with escape sequences;
 * spansOf reads the marks.
 */
export function markingStyle(glyphs: GlyphSet): Style {
  const paint: Style["paint"] = (role, text) =>
    text === "" ? text : `\x1b[38;2;0;0;${roles.indexOf(role)}m${text}\x1b[0m`;
  return {
    ...styleOf({ theme: "plain", glyphs, colour: false, links: false }),
    paint,
    quiet: (text) => paint("quiet", text),
  };
}

/** The parts of a line that was drawn in the marking style. */
export function spansOf(line: string): readonly Span[] {
  const spans: Span[] = [];
  let role: Role | undefined;
  for (const [at, part] of line.split(/\x1b\[([0-9;:]*)m/).entries()) {
    if (at % 2 === 1) role = roles[Number(/^38;2;0;0;(\d+)$/.exec(part)?.[1] ?? roles.length)];
    else if (part !== "") spans.push(role === undefined ? part : [role, part]);
  }
  return spans;
}

/** The line of some parts in a style. */
export const lineOf = (spans: readonly Span[], style: Style): string =>
  spans
    .map((span) => (typeof span === "string" ? clean(span, MAX_SPAN) : style.paint(span[0], clean(span[1], MAX_SPAN))))
    .join("");
