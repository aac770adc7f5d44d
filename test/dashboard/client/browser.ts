import { setToken } from "../../../src/dashboard/client/session.ts";

/** The document of a page, as far as its client looks at it. */
class PageDocument extends EventTarget {
  hidden = false;

  /** Shows or hides the tab. */
  show(isShown: boolean): void {
    this.hidden = !isShown;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

const { fetch: realFetch, performance: realPerformance } = globalThis;

/** What is clicked on: a link with that address. */
class PageLink {
  readonly target = "";
  readonly #url: URL;

  constructor(href: string) {
    this.#url = new URL(href, location.href);
  }

  get origin(): string {
    return this.#url.origin;
  }

  get pathname(): string {
    return this.#url.pathname;
  }

  get search(): string {
    return this.#url.search;
  }

  get hash(): string {
    return this.#url.hash;
  }

  closest(): this {
    return this;
  }

  hasAttribute(): boolean {
    return false;
  }
}

/** Answers one request; `path` is its path and query, such as /api/v1/about. */
type Answer = (path: string, request: Request) => Response | Promise<Response>;

/**
 * A tab with a page of a server on loopback that answers as given. Requests are real ones, and `asked` has their paths; as in a
 * browser, paths are those of the page's server.
 */
export function browserTab(answer: Answer, { token = "pawt_one" }: { readonly token?: string | null } = {}) {
  const asked: string[] = [];
  const serve = (port: number) =>
    Bun.serve({
      hostname: "127.0.0.1",
      port,
      idleTimeout: 0,
      async fetch(request) {
        const { pathname, search } = new URL(request.url);
        return answer(pathname + search, request);
      },
    });
  let server = serve(0);
  const { port } = server;
  const document = new PageDocument();
  const kept = new Map<string, string>();
  const ends = new DisposableStack();
  let later = 0;
  const location = new URL(`http://127.0.0.1:${port}/`);
  const move = (_state: unknown, _title: string, href: string): void =>
    void (location.href = new URL(href, location).href);
  const own: Readonly<Record<string, unknown>> = {
    document,
    location,
    history: { pushState: move, replaceState: move },
    addEventListener: () => {},
    scrollTo: () => {},
    Element: PageLink,
    sessionStorage: {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, text: string) => void kept.set(key, text),
      removeItem: (key: string) => void kept.delete(key),
    },
    performance: { now: () => realPerformance.now() + later },
    fetch(path: string, options?: RequestInit): Promise<Response> {
      asked.push(path);
      return realFetch(new URL(path, `http://127.0.0.1:${port}`), options);
    },
  };
  const before = Object.entries(own).map(
    ([name]) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  );
  for (const [name, value] of Object.entries(own))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  setToken(token);
  return {
    asked,
    document,
    /** Called when the tab is closed. */
    atEnd: (end: () => void): void => ends.defer(end),
    /** Lets that many milliseconds pass between two questions. */
    pass: (ms: number): void => void (later += ms),
    /** Clicks a link; returns whether the page follows it itself, not the browser. */
    click(href: string): boolean {
      const event = Object.assign(new Event("click", { cancelable: true }), { button: 0 });
      Object.defineProperty(event, "target", { value: new PageLink(href) });
      return !document.dispatchEvent(event);
    },
    /** What is kept for this tab. */
    kept,
    /** The server is gone: nobody listens, and its connections are cut. */
    away: () => server.stop(true),
    back: () => void (server = serve(port ?? 0)),
    async [Symbol.asyncDispose]() {
      ends.dispose();
      document.show(false);
      setToken(null);
      await server.stop(true);
      // What waits for an answer sees that there is none while the document is still there.
      await Bun.sleep(1);
      for (const [name, descriptor] of before)
        if (descriptor) Object.defineProperty(globalThis, name, descriptor);
        else Reflect.deleteProperty(globalThis, name);
    },
  };
}

/** Waits until something is so. Throws after five seconds. */
export async function until(what: string, is: () => boolean): Promise<void> {
  const end = Date.now() + 5_000;
  while (!is()) {
    if (Date.now() > end) throw new Error(`not within five seconds: ${what}`);
    await Bun.sleep(1);
  }
}
