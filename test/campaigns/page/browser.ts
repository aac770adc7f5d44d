// A real browser: tabs whose every error, failed request and request elsewhere is recorded.
import { source } from "axe-core";
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from "playwright-core";

/** How a page is looked at. */
export interface View {
  readonly scheme: "light" | "dark";
  /** CSS pixels. */
  readonly width: number;
  readonly timezone?: string;
}

/** All views in which every page is looked at. */
export const views: readonly View[] = (["light", "dark"] as const).flatMap((scheme) =>
  [360, 1_280].map((width) => ({ scheme, width })),
);

/** What a check of accessibility found. */
interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly target: readonly unknown[] }[];
  }[];
}

/** A task of a page's main thread: its time by the clock and of the processor, milliseconds. */
export interface PageTask {
  readonly ms: number;
  readonly cpuMs: number;
}

/** An event of a trace; times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** A window is as high as a phone or a laptop. */
const HEIGHT = { narrow: 780, wide: 900 } as const;
/** Longest wait for something on a page, milliseconds. */
const WAIT_MS = 10_000;

/** A Chromium. It neither asks any server of its maker nor keeps a profile. */
export class PageBrowser implements AsyncDisposable {
  readonly version: string;
  readonly #program: string;
  readonly #browser: Browser;

  private constructor(program: string, browser: Browser) {
    this.#program = program;
    this.#browser = browser;
    this.version = browser.version();
  }

  /** Starts the program, with more options. As root its sandbox cannot be used; all pages are the campaign's own. */
  static async open(program: string, more: readonly string[] = []): Promise<PageBrowser> {
    const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const args = ["--disable-background-networking", "--disable-dev-shm-usage", ...sandbox, ...more];
    const browser = await chromium.launch({ executablePath: program, headless: true, args });
    return new PageBrowser(program, browser);
  }

  /** Another process of the same program, with options of its own. */
  another(more: readonly string[]): Promise<PageBrowser> {
    return PageBrowser.open(this.#program, more);
  }

  /** Opens a tab with a storage of its own, which records what goes wrong with pages of `origin`. */
  async tab(origin: string, view: View): Promise<Tab> {
    const context = await this.#browser.newContext({
      colorScheme: view.scheme,
      viewport: { width: view.width, height: view.width < 600 ? HEIGHT.narrow : HEIGHT.wide },
      locale: "en-US",
      timezoneId: view.timezone ?? "UTC",
      reducedMotion: "reduce",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    context.setDefaultTimeout(WAIT_MS);
    const page = await context.newPage();
    return new Tab({ context, page, origin, cdp: await context.newCDPSession(page) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/** A tab, with what went wrong in it. */
export class Tab implements AsyncDisposable {
  readonly page: Page;
  readonly cdp: CDPSession;
  /** Failures that are expected, because the check causes them: texts that begin the lines of `problems`. */
  readonly expected: RegExp[] = [];
  readonly origin: string;
  readonly #context: BrowserContext;
  #problems: string[] = [];

  constructor(parts: {
    readonly context: BrowserContext;
    readonly page: Page;
    readonly origin: string;
    readonly cdp: CDPSession;
  }) {
    this.#context = parts.context;
    this.page = parts.page;
    this.origin = parts.origin;
    this.cdp = parts.cdp;
    this.#watch();
  }

  #watch(): void {
    const { page } = this;
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.#note(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.#note(`error: ${error.message}`));
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== this.origin && protocol !== "data:" && protocol !== "blob:")
        this.#note(`request elsewhere: ${request.url()}`);
    });
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText ?? "";
      // What a page gives up itself: the stream of events, and a report that is no longer shown.
      if (why !== "net::ERR_ABORTED") this.#note(`request failed: ${request.url()}: ${why}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) this.#note(`status ${response.status()}: ${response.url()}`);
    });
  }

  #note(problem: string): void {
    if (!this.expected.some((one) => one.test(problem))) this.#problems.push(problem.slice(0, 400));
  }

  /** What went wrong since the last call. */
  problems(): string[] {
    const found = [...new Set(this.#problems)];
    this.#problems = [];
    return found;
  }

  /** Loads a path of the page, and waits until what it shows has come. */
  async goto(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.origin).href, { waitUntil: "load" });
    await this.settled();
  }

  /** Waits until no part of the page says that it is waiting for something. */
  async settled(): Promise<void> {
    await this.page.locator("main").waitFor();
    await this.page.locator("[aria-label=Loading]").first().waitFor({ state: "detached" });
  }

  /** Evaluates an expression in the page. */
  evaluate<T>(expression: string): Promise<T> {
    return this.page.evaluate<T>(expression);
  }

  /** What is not accessible on the page: the rule and where. */
  async inaccessible(): Promise<string[]> {
    await this.evaluate(`${source}; undefined`);
    const { violations } = await this.evaluate<AxeResult>("axe.run(document, { resultTypes: ['violations'] })");
    return violations.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes.length} times, ${String(nodes[0]?.target)}: ${nodes[0]?.html.slice(0, 160)}`,
    );
  }

  /** Begins to note the tasks of the page. */
  async startTrace(): Promise<void> {
    await this.#context.browser()?.startTracing(this.page, { categories: ["toplevel", "devtools.timeline"] });
  }

  /** The tasks of the page's main thread since `startTrace`. */
  async stopTrace(): Promise<PageTask[]> {
    const trace = await this.#context.browser()?.stopTracing();
    const { traceEvents } = JSON.parse(trace?.toString() ?? "{}") as { traceEvents: readonly TraceEvent[] };
    const threads = new Set(
      traceEvents
        .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
        .map(({ pid, tid }) => `${pid} ${tid}`),
    );
    return traceEvents
      .filter(({ name, pid, tid }) => name.endsWith("RunTask") && threads.has(`${pid} ${tid}`))
      .map(({ dur = 0, tdur = dur }) => ({ ms: dur / 1_000, cpuMs: tdur / 1_000 }));
  }

  /** By how many CSS pixels the page is wider than its window. */
  overflow(): Promise<number> {
    return this.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  }

  /** Characters in texts of the page that control a terminal or override the direction of text, as code points. */
  unsafeCharacters(): Promise<string[]> {
    return this.evaluate(`[...new Set([document.body, ...document.body.querySelectorAll('*')].flatMap((one) =>
      [...one.textContent, ...['aria-label', 'title', 'placeholder'].flatMap((name) => [...(one.getAttribute(name) ?? '')])]))]
      .filter((one) => /[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u202a-\\u202e\\u2066\\u2067]/.test(one))
      .map((one) => one.codePointAt(0).toString(16))`);
  }

  /** Writes a picture of the whole page. */
  async picture(path: string): Promise<void> {
    await this.page.screenshot({ path, fullPage: true, animations: "disabled" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}
