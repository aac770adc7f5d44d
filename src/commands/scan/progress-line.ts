import type { Clock } from "../../utils/clock.ts";
import { bytesText } from "../../render/format.ts";
import { cut, duration, type Style } from "../../utils/terminal.ts";

/** A terminal, as far as a line that is drawn again and again needs it. */
export interface Screen {
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Often enough for the eye. */
const EVERY_MS = 100;
const MEGABYTE = 1_000_000;

/** How far a long reading is: one line of a terminal, drawn again and again and gone in the end. */
export class ProgressLine {
  readonly #screen: Screen;
  readonly #clock: Clock;
  readonly #look: Style;
  #what = "";
  #began = 0;
  #drawn = 0;

  constructor(screen: Screen, clock: Clock, look: Style) {
    this.#screen = screen;
    this.#clock = clock;
    this.#look = look;
  }

  /** Begins anew for something else. */
  begin(what: string): void {
    this.#what = what;
    this.#began = this.#clock.now();
    this.#drawn = 0;
  }

  /** Draws the line, unless it was drawn a moment ago. */
  show(read: number, total: number): void {
    const now = this.#clock.now();
    if (now - this.#drawn < EVERY_MS) return;
    this.#drawn = now;
    const text = progressText({ what: this.#what, read, total, tookMs: now - this.#began }, this.#look);
    this.#screen.write(`\r${cut(text, (this.#screen.columns || 80) - 1)}\x1b[K`);
  }

  /** Leaves nothing behind. */
  end(): void {
    if (this.#drawn > 0) this.#screen.write("\r\x1b[K");
  }
}

/** The line: bar, percent, bytes, speed, time left. */
export function progressText(
  { what, read, total, tookMs }: { what: string; read: number; total: number; tookMs: number },
  look: Style,
): string {
  const percent = total > 0 ? Math.min((read / total) * 100, 100) : 100;
  const speed = tookMs > 0 ? read / tookMs : 0;
  const left = speed > 0 ? `  ${duration(Math.ceil((total - read) / speed))} left` : "";
  const perSecond = `${((speed * 1_000) / MEGABYTE).toFixed(0)} MB/s`;
  const bytes = `${bytesText(read)} of ${bytesText(total)}`;
  return `${what} ${look.bar(percent, 20)} ${Math.floor(percent)}%  ${bytes}  ${perSecond}${left}`;
}
