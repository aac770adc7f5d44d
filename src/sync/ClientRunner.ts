import type { Clock } from "../utils/clock.ts";
import type { OpenLink } from "./link.ts";
import type { SyncClient } from "./SyncClient.ts";

/** Longest time between two looks at the client, milliseconds: its clock may jump. */
const LONGEST_SLEEP_MS = 1_000;

/** How long the answer to a sign of life is waited for at the end, milliseconds. */
const LONGEST_BEAT_MS = 2_000;

/** Runs a client on a clock and over links. */
export class ClientRunner {
  readonly client: SyncClient;
  readonly #open: OpenLink;
  readonly #clock: Clock;
  #changed = Promise.withResolvers<void>();
  /** The sleep that has not ended yet, and when it ends. */
  #sleep: { readonly until: number; readonly ended: Promise<void> } | null = null;

  constructor(client: SyncClient, open: OpenLink, clock: Clock) {
    this.client = client;
    this.#open = open;
    this.#clock = clock;
  }

  /** Runs until the hub has acknowledged everything, the client has ended, or it could not be reached `retries` + 1 times in a row. */
  async untilDone(retries: number): Promise<void> {
    const { client } = this;
    while (!client.isDone && client.wakeAt !== Infinity && client.status.attempts <= retries) {
      this.step();
      if (!client.isDone) await this.wait(client.wakeAt);
    }
  }

  /** Lets the hub know that nothing is pending; waits for its answer, but not for long. */
  async sayDone(): Promise<void> {
    const { client } = this;
    if (!client.isDone || client.status.sent === 0) return;
    client.beat();
    const until = this.#clock.now() + LONGEST_BEAT_MS;
    while (!client.isHeard && this.#clock.now() < until) await this.wait(until);
  }

  /** Does what is due. */
  step(): void {
    if (this.client.wantsLink) this.client.connect((events) => this.#open(this.#watched(events)));
    this.client.tick();
  }

  /** Ends the current wait, or the next one if there is none. */
  wake(): void {
    this.#changed.resolve();
  }

  /** Waits until something happens on the link or it is `until`, but not for long. */
  async wait(until: number): Promise<void> {
    const now = this.#clock.now();
    const end = Math.min(until, now + LONGEST_SLEEP_MS);
    if (this.#sleep === null || this.#sleep.until > end || this.#sleep.until <= now) {
      const ms = Math.max(end - now, 1);
      this.#sleep = { until: end, ended: this.#clock.sleep(ms) };
    }
    const { ended } = this.#sleep;
    await Promise.race([ended, this.#changed.promise]);
    this.#changed = Promise.withResolvers<void>();
  }

  #watched(events: Parameters<OpenLink>[0]): Parameters<OpenLink>[0] {
    return {
      opened: (link) => (events.opened(link), this.wake()),
      receive: (frame) => (events.receive(frame), this.wake()),
      closed: (reason) => (events.closed(reason), this.wake()),
    };
  }
}
