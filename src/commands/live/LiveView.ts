import { resultLines, runReport } from "../../cli/report-command.ts";
import { zoneFor } from "../../cli/report-query.ts";
import type { OpenedLedger } from "../../collector/open-ledger.ts";
import { share } from "../../render/format.ts";
import type { ReportResult } from "../../reports/shared/report.ts";
import { clockOf } from "../../reports/shared/when.ts";
import { messageOf, PawprintError } from "../../utils/errors.ts";
import { clean, type Style, styleOf } from "../../utils/terminal.ts";
import type { Context } from "../contract.ts";
import { bodyRows, frameOf, helpLines, type ScreenSize } from "./frame.ts";
import type { TerminalInput, InputEvent } from "./TerminalInput.ts";
import { pages, periods, reportOf } from "./pages.ts";
import type { Screen } from "./Screen.ts";
import { firstView, pressed, type ViewState } from "./view-state.ts";

/** How often the assistants' files are read, milliseconds. */
const READ_MS = 1_000;
/**
 * How often a page is computed again, and session activity read, although nothing was appended, milliseconds: ages, the log and
 * other writers to the ledger change.
 */
const RELOAD_MS = 5_000;
/** Time for reading session activity at each refresh, milliseconds. */
const ACTIVITY_BUDGET_MS = 200;

/** Characters of a failure that are shown. */
const MAX_STATUS_LENGTH = 1_000;

/** The result that a page shows, and when it was computed (epoch ms). */
interface LoadedPage {
  readonly result: ReportResult;
  readonly at: number;
}

/** The full-screen view: reads files, computes the page that the user chose, draws it, and handles keys until the user leaves. */
export class LiveView {
  readonly #context: Context;
  readonly #opened: OpenedLedger;
  readonly #size: ScreenSize;
  readonly #screen: Screen;
  readonly #input: TerminalInput;
  readonly #style: Style;
  #view: ViewState = firstView;
  /** Null before the first result, and after the choice of another page or period. */
  #loaded: LoadedPage | null = null;
  /** When the files were last read (epoch ms); null where that is due. */
  #readAt: number | null = null;
  /** When session activity was last read (epoch ms); null where there is more. */
  #activityAt: number | null = null;
  /** When responses were last read completely (epoch ms). */
  #completeAt: number | null = null;
  #status: string | null = null;
  /** What the screen was drawn from. */
  #drawn: readonly unknown[] = [];

  constructor(context: Context, opened: OpenedLedger, size: ScreenSize, screen: Screen, input: TerminalInput) {
    const { theme, glyphs } = context.settings;
    this.#context = context;
    this.#opened = opened;
    this.#size = size;
    this.#screen = screen;
    this.#input = input;
    this.#style = styleOf({ theme, glyphs, colour: context.terminal.colour, links: false });
  }

  /** Shows the pages until the user or the system asks to leave. */
  async show(): Promise<void> {
    this.#draw();
    for (;;) {
      await this.#refresh();
      this.#draw();
      const event = await this.#input.next(READ_MS);
      if (event !== null && (await this.#handle(event)) === "leave") return;
    }
  }

  /** Reads and computes what is due. A failure, such as a full disk or a busy ledger, is shown; the next refresh tries again. */
  async #refresh(): Promise<void> {
    let isNew = false;
    if (this.#isDue(this.#readAt, READ_MS)) isNew = await this.#attempt(() => this.#read(), false);
    if (isNew || this.#isDue(this.#loaded?.at ?? null, RELOAD_MS)) await this.#attempt(() => this.#load(), undefined);
  }

  /** Returns what `work` returns, or `otherwise` where it failed. */
  async #attempt<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const asOf = this.#completeAt === null ? "" : `Not read since ${this.#timeOf(this.#completeAt)}: `;
      const hint = error instanceof PawprintError ? `; ${error.hint}` : "";
      this.#status = asOf + clean(messageOf(error) + hint, MAX_STATUS_LENGTH);
      return otherwise;
    }
  }

  /** Whether an interval is over, also after the clock was set back. */
  #isDue(since: number | null, ms: number): boolean {
    return since === null || Math.abs(this.#context.clock.now() - since) >= ms;
  }

  /** Reads what was appended to the files until a key is pressed, and returns whether there was anything. */
  async #read(): Promise<boolean> {
    const { collector } = this.#opened;
    this.#readAt = this.#context.clock.now();
    const { bytes, isStopped } = await collector.scan("usage", {
      signal: this.#input.interruption(),
      progress: (read, total) => this.#showProgress(read, total),
    });
    if (isStopped) this.#readAt = null;
    else {
      this.#completeAt = this.#readAt;
      if (bytes > 0 || this.#isDue(this.#activityAt, RELOAD_MS)) {
        const activity = await collector.scan("activity", { signal: AbortSignal.timeout(ACTIVITY_BUDGET_MS) });
        this.#activityAt = activity.isStopped ? null : this.#readAt;
      }
    }
    this.#status = null;
    return bytes > 0;
  }

  #showProgress(read: number, total: number): void {
    if (!this.#isDue(this.#readAt, READ_MS)) return;
    this.#status = `responses have been read to ${share((read / total) * 100)}`;
    this.#draw();
  }

  async #load(): Promise<void> {
    const { page, period } = this.#chosen;
    const { options } = this.#context;
    const chosen = period?.last == null ? options : { ...options, last: period.last };
    const context = { ...this.#context, options: chosen };
    const at = this.#context.clock.now();
    const result = await runReport(
      reportOf(page, period, () => this.#height),
      this.#opened,
      context,
    );
    this.#loaded = { result, at };
  }

  get #chosen() {
    const page = pages[this.#view.page] ?? { name: "now", period: null };
    const period = periods[this.#view.periods[this.#view.page] ?? -1] ?? null;
    return { page, period };
  }

  /** Rows for a page that fits the screen, with its notes below unless they are long. */
  get #height(): number {
    const rows = bodyRows(this.#size, this.#status);
    if (this.#loaded === null) return rows;
    const notes = resultLines({ ...this.#loaded.result, draw: () => [] }, this.#style, this.#size.columns).length;
    return notes <= rows / 4 ? rows - notes : rows;
  }

  get #lines(): readonly string[] {
    if (this.#view.isHelp) return helpLines(this.#style, this.#size.columns);
    if (this.#loaded) return resultLines(this.#loaded.result, this.#style, this.#size.columns);
    return this.#status === null ? [this.#style.quiet("Reading the assistants' files.")] : [];
  }

  /** Draws the screen, unless everything that it shows is as it was. */
  #draw(): void {
    const time = this.#timeOf(this.#context.clock.now());
    const { columns, rows } = this.#size;
    const shown = [this.#loaded, this.#view, this.#status, time, columns, rows];
    if (shown.every((one, index) => one === this.#drawn[index])) return;
    this.#drawn = shown;
    this.#screen.draw(frameOf(this.#view, { lines: this.#lines, status: this.#status, time }, this.#size, this.#style));
  }

  /** Draws the whole screen next, since the terminal no longer shows it. */
  #invalidate(): void {
    this.#drawn = [];
    this.#screen.invalidate();
  }

  #timeOf(ms: number): string {
    return clockOf(this.#loaded?.result.zone ?? zoneFor(this.#context).zone, ms);
  }

  async #handle(event: InputEvent): Promise<"leave" | undefined> {
    const rows = bodyRows(this.#size, this.#status);
    const asked = typeof event === "string" ? event : pressed(this.#view, event, { lines: this.#lines.length, rows });
    if (asked === "leave") return "leave";
    if (asked === "suspend") {
      this.#screen[Symbol.dispose]();
      await this.#input.suspend();
      this.#invalidate();
    } else if (asked === "redraw") this.#invalidate();
    else {
      const { page, periods: chosen } = this.#view;
      if (asked.page !== page || asked.periods !== chosen) this.#loaded = null;
      this.#view = asked;
    }
    return undefined;
  }
}
