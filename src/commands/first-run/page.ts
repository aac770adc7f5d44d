import { wrapWords } from "../../reports/shared/truncate.ts";
import { cut, type Style, styleOf } from "../../utils/terminal.ts";
import type { Context } from "../contract.ts";

/** Spaces before everything but headings. */
const INDENT = "  ";

/** Prints a first run in lines that fit the terminal. */
export class Page {
  readonly style: Style;
  /** Columns for what is printed below a heading. */
  readonly width: number;
  readonly #print: (line: string) => void;

  constructor({ settings: { theme, glyphs }, terminal, print }: Context) {
    this.style = styleOf({ theme, glyphs, colour: terminal.colour, links: false });
    this.width = Math.max(terminal.columns, 22) - INDENT.length;
    this.#print = print;
  }

  /** Prints a heading after an empty line. */
  heading(text: string): void {
    this.gap();
    this.#print(this.style.paint("name", cut(text, this.width, this.style.glyph("ellipsis"))));
  }

  gap(): void {
    this.#print("");
  }

  /** Prints one line, cut where it is too long. */
  line(text: string): void {
    this.#print(text === "" ? "" : INDENT + cut(text, this.width, this.style.glyph("ellipsis")));
  }

  quiet(text: string): void {
    this.line(this.style.paint("quiet", text));
  }

  /** Prints a line of a command whole, because it is to be copied. */
  command(text: string): void {
    this.#print(INDENT + text);
  }

  /** Prints sentences in the left margin, wrapped between words. */
  introduction(sentences: string): void {
    for (const line of wrapWords(sentences, this.width + INDENT.length)) this.#print(line);
  }

  /** Prints sentences below a step, wrapped between words. */
  text(sentences: string): void {
    for (const line of wrapWords(sentences, this.width)) this.quiet(line);
  }
}
