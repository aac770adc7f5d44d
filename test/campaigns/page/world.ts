// Hubs of the campaign: homes with the built program, and tabs in which their pages are open.
import { type Home, type Running, serve } from "../hub-bench/home.ts";
import type { PageBrowser, Tab, View } from "./browser.ts";
import { fillHub, type GeneratedMachine, type JoinedMachine } from "./hub-file.ts";

/** A home whose page can be opened: that of a hub. */
export class HubWorld implements AsyncDisposable {
  readonly home: Home;
  readonly machines: readonly JoinedMachine[];
  #hub: Running;
  #opener: string | null = null;

  private constructor(home: Home, machines: readonly JoinedMachine[], hub: Running) {
    this.home = home;
    this.machines = machines;
    this.#hub = hub;
  }

  /** Fills the hub of a home and starts it. */
  static async open(home: Home, machines: readonly GeneratedMachine[]): Promise<HubWorld> {
    const joined = fillHub(home.home, machines);
    return new HubWorld(home, joined, await serve(home));
  }

  get url(): string {
    return this.#hub.url;
  }

  get pid(): number {
    return this.#hub.pid;
  }

  /** Ends the hub; `start` brings it back at the same address. */
  async stop(): Promise<void> {
    await this.#hub[Symbol.asyncDispose]();
  }

  async start(): Promise<void> {
    this.#hub = await serve(this.home, new URL(this.url).port);
  }

  /** A token of a scope. */
  async token(name: string, scope: "read" | "admin"): Promise<string> {
    const made = JSON.parse(await this.home.run("token", "create", name, "--scope", scope, "--json")) as {
      token: string;
    };
    return made.token;
  }

  /** The address of the page with a single-use code for a token of a scope. */
  async address(scope: "read" | "admin" = "read"): Promise<string> {
    this.#opener ??= await this.token("opener", "admin");
    const response = await fetch(`${this.url}/api/v1/page-codes`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#opener}`, "content-type": "application/json" },
      body: JSON.stringify({ scope }),
    });
    const { code } = (await response.json()) as { code: string };
    return `${this.url}/#code=${code}`;
  }

  /** Opens a tab that is signed in by a code. */
  async tab(browser: PageBrowser, view: View, scope: "read" | "admin" = "read"): Promise<Tab> {
    return await signedIn(browser, await this.address(scope), view);
  }

  /** The answer of the command line to the question of a page, such as daily?by=model&last=7d. */
  async answer(question: string, form: "json" | "csv"): Promise<string> {
    return await this.home.run(...commandOf(question), "--hub", `--${form}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** The page of a machine's own ledger, as `pawprint open` serves it: each tab is of a server of its own, since a code is used once. */
export class LocalWorld implements AsyncDisposable {
  readonly #home: Home;
  readonly #servers: ReturnType<Home["start"]>[] = [];

  constructor(home: Home) {
    this.#home = home;
  }

  async tab(browser: PageBrowser, view: View): Promise<Tab> {
    const server = this.#home.start("open", "--no-browser", "--print-url");
    this.#servers.push(server);
    return await signedIn(browser, await addressIn(server.stdout), view);
  }

  async answer(question: string, form: "json" | "csv"): Promise<string> {
    return await this.#home.run(...commandOf(question), `--${form}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.kill();
    await Promise.all(this.#servers.map((server) => server.exited));
  }
}

/** The first address with a code in what a command prints. Throws if it ends without one. */
async function addressIn(stdout: ReadableStream<Uint8Array>): Promise<string> {
  let out = "";
  for await (const chunk of stdout) {
    out += new TextDecoder().decode(chunk);
    const [address] = /https?:\/\/\S+#code=\S+(?=\s)/.exec(out) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error(`no address with a code: ${out.slice(0, 300)}`);
}

/** Opens an address with a code in a tab of its own. */
async function signedIn(browser: PageBrowser, address: string, view: View): Promise<Tab> {
  const tab = await browser.tab(new URL(address).origin, view);
  await tab.page.goto(address);
  await tab.settled();
  return tab;
}

/** The words of the command that asks what a page asked. */
export function commandOf(question: string): string[] {
  const [name = "", query = ""] = question.split("?");
  const options = [...new URLSearchParams(query)];
  return [
    name,
    ...options.flatMap(([option, value]) => (value === "true" ? [`--${option}`] : [`--${option}=${value}`])),
  ];
}
