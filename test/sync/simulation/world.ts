import type { AnyFrame } from "../../../src/model/wire.ts";
import { decodeFrame, encodeFrame } from "../../../src/model/frame-coding.ts";
import type { LinkEvents } from "../../../src/sync/link.ts";
import { PawprintError } from "../../../src/utils/errors.ts";
import type { Sequence } from "../../ledger/random.ts";

interface Due {
  readonly at: number;
  readonly order: number;
  run(): void;
}

/** Virtual time: what is due happens in order, and nothing waits. */
export class World {
  readonly random: Sequence;
  /** Virtual epoch milliseconds. */
  now = Date.UTC(2026, 9, 19, 10);
  /** What happened, for the report of a failure. */
  readonly log: string[] = [];
  #due: Due[] = [];
  #order = 0;

  constructor(random: Sequence) {
    this.random = random;
  }

  after(ms: number, run: () => void): void {
    this.#due.push({ at: this.now + Math.max(0, Math.round(ms)), order: this.#order++, run });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  note(what: string): void {
    this.log.push(`${this.now - Date.UTC(2026, 9, 19, 10)} ms: ${what}`);
  }

  /** Lets so much time pass, or stops as soon as `isDone`. */
  async pass(ms: number, isDone: () => boolean = () => false): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      let next: Due | null = null;
      for (const one of this.#due)
        if (next === null || one.at < next.at || (one.at === next.at && one.order < next.order)) next = one;
      if (next === null || next.at > end) break;
      this.#due.splice(this.#due.indexOf(next), 1);
      this.now = Math.max(this.now, next.at);
      next.run();
      await settled();
      if (isDone()) return;
    }
    this.now = end;
  }
}

/** Lets everything happen that waits for nothing but other promises. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
}

/** The hub's end of a connection. */
export interface HubEnd {
  receive(frame: AnyFrame): Promise<void>;
  fail(error: unknown): void;
  close(): void;
}

/** What a network does to frames. */
export interface Weather {
  /** Whether machines reach the hub at all. */
  isUp: boolean;
  /** Longest delay of a frame, milliseconds. */
  delay: number;
  /** Share of frames with rows that arrive twice. */
  doubled: number;
  /** Share of frames with rows that are overtaken by the next. */
  overtaken: number;
}

/** How a machine reaches the hub: over one connection, or with a request for each frame. */
export type Transport = "stream" | "requests";

/** What a machine has of the hub while a link is open. */
export interface Route {
  /** Both ends are gone, as after a reset. What was sent before may be lost or may still arrive. */
  cut(): void;
}

/** The hub, as machines reach it. */
export interface Reachable {
  readonly key: string;
  readonly weather: Weather;
  /** The hub's end of a connection with the token of a machine; null if nothing listens. */
  accept(machine: string, send: (frame: AnyFrame) => void): HubEnd | null;
}

type Accept = (send: (frame: AnyFrame) => void) => HubEnd | null;

const gone = (why: string): PawprintError => new PawprintError("hub_away", why, "try again");

/** A connection through the network: frames arrive late, and those of a connection that one end thinks is closed arrive too. */
export class Connection implements Route {
  readonly #world: World;
  readonly #weather: Weather;
  readonly #events: LinkEvents;
  #hubEnd: HubEnd | null = null;
  #isOpen = true;
  #lastToHub = 0;
  #lastToMachine = 0;

  constructor(world: World, weather: Weather, events: LinkEvents, accept: Accept) {
    this.#world = world;
    this.#weather = weather;
    this.#events = events;
    world.after(this.#delay(), () => {
      this.#hubEnd = weather.isUp ? accept((frame) => this.#toMachine(frame)) : null;
      if (this.#hubEnd === null) return this.cut();
      const link = { send: (frame: AnyFrame) => this.#toHub(frame), close: () => this.#leave() };
      world.after(this.#delay(), () => (this.#isOpen ? events.opened(link) : undefined));
    });
  }

  cut(): void {
    if (!this.#isOpen) return;
    this.#leave();
    this.#events.closed(gone("the connection was cut"));
  }

  #leave(): void {
    this.#isOpen = false;
    // The hub notices later.
    this.#world.after(this.#delay() * 10, () => this.#hubEnd?.close());
  }

  #delay(): number {
    return Math.round(this.#world.random.share() * this.#weather.delay);
  }

  #toHub(frame: AnyFrame): void {
    if (!this.#isOpen) return;
    const { random } = this.#world;
    const isRows = frame.type === "events";
    const data = encodeFrame(frame);
    const times = isRows && random.chance(this.#weather.doubled) ? 2 : 1;
    for (let time = 0; time < times; time++) {
      const at = Math.max(this.#lastToHub, this.#world.now + this.#delay());
      // Only what is overtaken does not hold up what follows.
      if (!isRows || !random.chance(this.#weather.overtaken)) this.#lastToHub = at;
      const late = at === this.#lastToHub ? 0 : this.#weather.delay;
      this.#world.after(at - this.#world.now + late, () => this.#deliver(data));
    }
  }

  #deliver(data: string | Uint8Array): void {
    if (!this.#weather.isUp) return;
    try {
      void this.#hubEnd?.receive(decodeFrame(data));
    } catch (error) {
      this.#hubEnd?.fail(error);
    }
  }

  #toMachine(frame: AnyFrame): void {
    const data = encodeFrame(frame);
    const at = Math.max(this.#lastToMachine, this.#world.now + this.#delay());
    this.#lastToMachine = at;
    this.#world.after(at - this.#world.now, () => {
      if (this.#isOpen && this.#weather.isUp) this.#events.receive(decodeFrame(data));
    });
    // A hub closes the connection after its last frame.
    if (frame.type === "stop") this.#world.after(at - this.#world.now + 1, () => this.cut());
  }
}

/** How long the answer to a request is waited for, milliseconds. */
const ANSWER_MS = 60_000;

/** A request for each frame, one after the other. It is lost on the way, or its answer is; it may arrive although nobody waits any more. */
export class Requests implements Route {
  readonly #world: World;
  readonly #weather: Weather;
  readonly #events: LinkEvents;
  readonly #accept: Accept;
  readonly #waiting: AnyFrame[] = [];
  #isAsking = false;
  #isOpen = true;

  constructor(world: World, weather: Weather, events: LinkEvents, accept: Accept) {
    this.#world = world;
    this.#weather = weather;
    this.#events = events;
    this.#accept = accept;
    const link = { send: (frame: AnyFrame) => this.#send(frame), close: () => void (this.#isOpen = false) };
    world.after(0, () => (this.#isOpen ? events.opened(link) : undefined));
  }

  cut(): void {
    this.#fail(gone("the connection was cut"));
  }

  #fail(error: PawprintError): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#events.closed(error);
  }

  #send(frame: AnyFrame): void {
    this.#waiting.push(frame);
    if (!this.#isAsking) this.#ask();
  }

  #ask(): void {
    const frame = this.#waiting.shift();
    this.#isAsking = frame !== undefined && this.#isOpen;
    if (!frame || !this.#isOpen) return;
    const data = encodeFrame(frame);
    const delay = (): number => Math.round(this.#world.random.share() * this.#weather.delay);
    const isDoubled = this.#world.random.chance(this.#weather.doubled);
    let isAnswered = false;
    const answer = (to: AnyFrame): void =>
      this.#world.after(delay(), () => {
        if (isAnswered || !this.#isOpen || !this.#weather.isUp) return;
        isAnswered = true;
        if (to.type === "stop") return this.#fail(new PawprintError(to.code as "busy", to.message, "try again"));
        this.#events.receive(to);
        this.#ask();
      });
    for (let time = 0; time < (isDoubled ? 2 : 1); time++)
      this.#world.after(delay(), () => {
        const end = this.#weather.isUp ? this.#accept(answer) : null;
        if (end) void end.receive(decodeFrame(data)).then(() => end.close());
      });
    this.#world.after(ANSWER_MS, () => (isAnswered ? undefined : this.#fail(gone("it did not answer"))));
  }
}
