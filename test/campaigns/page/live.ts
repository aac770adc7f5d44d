// How soon a response is on the page: from its commit at the hub, which /live names, until the page's content has it.
import { type Checks, until } from "../e2e/checks.ts";
import { noDetails } from "../../../src/model/observation.ts";
import { count } from "../../../src/render/format.ts";
import type { Tab } from "./browser.ts";
import type { SourceWork } from "./generated.ts";
import { Sender } from "./hub-file.ts";
import type { HubWorld } from "./world.ts";

/** A commit of a hub, when its event arrived here, epoch milliseconds. */
interface SeenCommit {
  readonly at: number;
  /** The rows of each machine, by its id. */
  readonly machines: readonly string[];
}

/** Longest time from a commit to the page, milliseconds. */
const MAX_MS = 1_000;
/** How long to wait for something that does not come, milliseconds. */
const WAIT_MS = 5_000;
/** Responses that are sent one by one. */
const ROUNDS = 12;

/** The commits of a hub, as they come. */
export class Commits implements AsyncDisposable {
  readonly seen: SeenCommit[] = [];
  readonly #stop = new AbortController();
  readonly #reading: Promise<void>;

  private constructor(response: Response) {
    this.#reading = this.#read(response).catch(() => {});
  }

  /** Follows the commits of a hub with a token that reads. */
  static async open(url: string, token: string): Promise<Commits> {
    const response = await fetch(`${url}/live`, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`/live: ${response.status} ${await response.text()}`);
    return new Commits(response);
  }

  async #read(response: Response): Promise<void> {
    let held = "";
    const reader = response.body?.getReader();
    if (!reader) return;
    this.#stop.signal.addEventListener("abort", () => void reader.cancel());
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      held += new TextDecoder().decode(value);
      const events = held.split("\n\n");
      held = events.pop() ?? "";
      for (const event of events) {
        const data = /^event: commit\ndata: (.*)$/m.exec(event)?.[1];
        if (data === undefined) continue;
        const { at, machines } = JSON.parse(data) as { at: number; machines: { machine: string }[] };
        this.seen.push({ at, machines: machines.map(({ machine }) => machine) });
      }
    }
  }

  /** When the first commit of a machine after a time was made, by the hub's clock; null if there is none in time. */
  next(machine: string, after: number): Promise<number | null> {
    const found = () => this.seen.find((one) => one.at >= after && one.machines.includes(machine));
    return until(WAIT_MS, () => found()?.at ?? null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reading;
  }
}

/** Notes in a page, by a MutationObserver, when each wanted number of tokens is first shown, epoch milliseconds. */
export class TokenWatch {
  readonly #tab: Tab;

  private constructor(tab: Tab) {
    this.#tab = tab;
  }

  static async open(tab: Tab): Promise<TokenWatch> {
    await tab.evaluate(`(() => {
      globalThis.wanted = new Map();
      const look = () => {
        const main = document.querySelector('main');
        for (const [value, one] of globalThis.wanted)
          if (one.at === 0 && (main.querySelector('data[value="' + value + '"]') || main.textContent.includes(one.text)))
            one.at = Date.now();
      };
      const observed = { subtree: true, childList: true, characterData: true, attributes: true };
      new MutationObserver(look).observe(document.body, observed);
    })()`);
    return new TokenWatch(tab);
  }

  /** Begins to wait for a number that is not on the page yet. */
  async want(tokens: number): Promise<void> {
    const text = JSON.stringify(count(tokens));
    await this.#tab.evaluate(`globalThis.wanted.set('${tokens}', { at: 0, text: ${text} }); undefined`);
  }

  /** When a wanted number appeared; null if it did not in time. */
  appeared(tokens: number, waitMs = WAIT_MS): Promise<number | null> {
    const at = `globalThis.wanted.get('${tokens}')?.at ?? 0`;
    return until(waitMs, async () => (await this.#tab.evaluate<number>(at)) || null);
  }
}

/** Checks the times from commit to page. */
export function checkDelays(checks: Checks, what: string, delays: readonly number[], expected: number): void {
  const slowest = Math.max(...delays);
  const figure = `${delays.length} of ${expected}: ${delays.map((ms) => Math.round(ms)).join(", ")} ms`;
  checks.check(`${what} within ${MAX_MS} ms of its commit`, delays.length === expected && slowest < MAX_MS, figure);
}

/** Sends responses one by one from a generated machine, and measures when each is on the page. */
export async function checkGeneratedLive(checks: Checks, tab: Tab, world: HubWorld, commits: Commits): Promise<void> {
  const [machine] = world.machines;
  if (!machine) throw new Error("the hub has no machine");
  const sender = await Sender.open(world.url, machine);
  const delays: number[] = [];
  const watch = await TokenWatch.open(tab);
  for (let round = 0; round < ROUNDS; round++) {
    const tokens = 31_001 + round;
    await watch.want(tokens);
    const after = Date.now();
    await sender.send(responseOf(`live-${after}`, after, tokens));
    const commit = await commits.next(machine.id, after);
    const seen = await watch.appeared(tokens);
    if (commit !== null && seen !== null) delays.push(seen - commit);
    await Bun.sleep(137 * (round % 4));
  }
  checkDelays(checks, "a response of a machine is on the page", delays, ROUNDS);
}

function responseOf(id: string, at: number, tokens: number): SourceWork {
  const place = { session: id, project: "/home/dev/pawprint", branch: "main", agent: "" };
  const counts = {
    input: 1,
    output: tokens - 30_001,
    cacheRead: 30_000,
    cacheWrite: 0,
    prompt: 30_001,
    reasoning: null,
  };
  const body = { ...noDetails, ...place, ...counts, at, model: "claude-opus-5-5", request: id };
  return { source: "claude-code", observations: [{ kind: "response", key: `response:msg_${id}`, body }] };
}
