import type { Clock } from "../../utils/clock.ts";
import { bytesText } from "../../render/format.ts";
import { cut, duration, type Style } from "../../utils/terminal.ts";

/** The parts of a terminal that ProgressLine uses. */
export interface ProgressTerminal {
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Shortest time between two redraws. */
const REDRAW_MS = 100;
const MEGABYTE = 1_000_000;

/** A progress bar on one terminal line, redrawn in place and erased at the end. */
export class ProgressLine {
  readonly #screen: ProgressTerminal;
  readonly #clock: Clock;
  readonly #style: Style;
  #what = "";
  #began = 0;
  #drawn = 0;

  constructor(screen: ProgressTerminal, clock: Clock, style: Style) {
    this.#screen = screen;
    this.#clock = clock;
    this.#style = style;
  }

  /** Restarts the bar with a new label. */
  begin(what: string): void {
    this.#what = what;
    this.#began = this.#clock.now();
    this.#drawn = 0;
  }

  /** Redraws the line with bytes read and total, at most every REDRAW_MS. */
  show(read: number, total: number): void {
    const now = this.#clock.now();
    if (now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    const text = progressText({ what: this.#what, read, total, tookMs: now - this.#began }, this.#style);
    this.#screen.write(`\r${cut(text, (this.#screen.columns || 80) - 1)}\x1b[K`);
  }

  /** Erases the line. */
  end(): void {
    if (this.#drawn > 0) this.#screen.write("\r\x1b[K");
  }
}

/** Text of the line: label, bar, percent, bytes, speed, time left. */
export function progressText(
  { what, read, total, tookMs }: { what: string; read: number; total: number; tookMs: number },
  style: Style,
): string {
  const percent = total > 0 ? Math.min((read / total) * 100, 100) : 100;
  const speed = tookMs > 0 ? read / tookMs : 0;
  const left = speed > 0 ? `  ${duration(Math.ceil((total - read) / speed))} left` : "";
  const perSecond = `${((speed * 1_000) / MEGABYTE).toFixed(0)} MB/s`;
  const bytes = `${bytesText(read)} of ${bytesText(total)}`;
  return `${what} ${style.bar(percent, 20)} ${Math.floor(percent)}%  ${bytes}  ${perSecond}${left}`;
}
