import { runReport, resultLines, openLedgerFor } from "../cli/report-command.ts";
import { selectedSource, sourceOption } from "../cli/report-options.ts";
import { reports } from "../reports/registry.ts";
import { messageOf, PawprintError } from "../utils/errors.ts";
import { find } from "../utils/registry.ts";
import { clean, styleOf } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";
import { Screen } from "./live/screen.ts";

/** The pages: each a report with its options. */
const pages: readonly (readonly [report: string, options: Context["options"]])[] = [
  ["overview", {}],
  ["limits", {}],
  ["daily", { last: "14d" }],
  ["blocks", { last: "3d" }],
  ["projects", { last: "7d" }],
  ["models", { last: "7d" }],
  ["tools", { last: "7d" }],
  ["sessions", { last: "2d" }],
];
const REFRESH_MS = 1_000;
/** Time for reading session activity at each refresh, milliseconds. */
const ACTIVITY_BUDGET_MS = 200;

/** Shows reports as pages of a full-screen view that refreshes every second. */
export const live: Command = {
  name: "live",
  purpose: "display",
  description: "show the overview, limits and other reports full screen, refreshed every second; q quits",
  options: [sourceOption],
  examples: [
    { args: "live", description: "watch usage and limits in the whole terminal" },
    { args: "live --source codex", description: "only one assistant" },
  ],
  related: ["overview", "limits"],
  async run(context) {
    selectedSource(context.options);
    const { stdin, stdout } = process;
    if (!stdin.isTTY || !stdout.isTTY) {
      throw new PawprintError("bad_usage", "live needs a terminal", "for scripts: pawprint overview --json");
    }
    using screen = new Screen(stdout);
    using keys = new Keys();
    // The terminal is restored on every exit, including signals and uncaught errors.
    const restore = (): void => screen[Symbol.dispose]();
    process.on("exit", restore);
    try {
      return await runPages(context, screen, keys);
    } finally {
      process.off("exit", restore);
    }
  },
};

async function runPages(context: Context, screen: Screen, keys: Keys): Promise<number> {
  using opened = openLedgerFor(context);
  const { theme, glyphs } = context.settings;
  const style = styleOf({ theme, glyphs, colour: context.terminal.colour, links: false });
  let at = 0;
  for (;;) {
    const [name, options] = pages[at] ?? ["overview", {}];
    const report = find(reports, name, "report");
    const width = process.stdout.columns;
    const head = pages
      .map(([page], index) => style.paint(index === at ? "pet" : "quiet", `${index + 1} ${page}`))
      .join("  ");
    let body: string[];
    try {
      await opened.collector.scan("usage");
      await opened.collector.scan("activity", { signal: AbortSignal.timeout(ACTIVITY_BUDGET_MS) });
      body = resultLines(
        await runReport(report, opened, { ...context, options: { ...context.options, ...options } }),
        style,
        width,
      );
    } catch (error) {
      // A passing failure, such as a full disk or a busy ledger, is shown; the next refresh tries again.
      body = [style.paint("warn", clean(messageOf(error), 1_000))];
    }
    const time = new Date(context.clock.now()).toTimeString().slice(0, 8);
    screen.draw(head, body, style.paint("quiet", `${time}  1-${pages.length} or arrows: page  q: quit`));
    const key = await keys.next(REFRESH_MS);
    if (key === "leave") return 0;
    if (key === "left") at = (at + pages.length - 1) % pages.length;
    else if (key === "right") at = (at + 1) % pages.length;
    else if (typeof key === "number" && key < pages.length) at = key;
  }
}

type Key = "leave" | "left" | "right" | number;

/** A queue of key presses. Signals count as pressing q. */
class Keys implements Disposable {
  readonly #pressed: Key[] = [];
  #wake = (): void => {};
  readonly #read = (data: Buffer): void => {
    for (const [text] of data.toString("latin1").matchAll(/\x1b\[[A-D]|./gs)) this.#press(keyOf(text));
  };
  readonly #leave = (): void => this.#press("leave");
  readonly #resize = (): void => this.#wake();

  constructor() {
    process.stdin.setRawMode(true);
    process.stdin.on("data", this.#read);
    process.stdin.on("end", this.#leave);
    process.stdout.on("resize", this.#resize);
    for (const signal of SIGNALS) process.on(signal, this.#leave);
  }

  /** Returns the next key, or null after `ms` milliseconds or a resize. */
  async next(ms: number): Promise<Key | null> {
    if (this.#pressed.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, ms);
      await promise;
      clearTimeout(timer);
    }
    return this.#pressed.shift() ?? null;
  }

  [Symbol.dispose](): void {
    process.stdin.off("data", this.#read);
    process.stdin.off("end", this.#leave);
    process.stdout.off("resize", this.#resize);
    for (const signal of SIGNALS) process.off(signal, this.#leave);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  }

  #press(key: Key | null): void {
    if (key === null) return;
    this.#pressed.push(key);
    this.#wake();
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function keyOf(text: string): Key | null {
  if (text === "q" || text === "\x03" || text === "\x04") return "leave";
  if (text === "\x1b[C" || text === "\t" || text === "l") return "right";
  if (text === "\x1b[D" || text === "h") return "left";
  return /^[1-9]$/.test(text) ? Number(text) - 1 : null;
}
