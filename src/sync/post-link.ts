import { decodeFrame, encodeFrame } from "../model/frame-coding.ts";
import type { AnyFrame } from "../model/wire.ts";
import { messageOf, PawprintError } from "../utils/errors.ts";
import { askHub, type HubAddress, hubAway, type Trust, trustOf } from "./hub-address.ts";
import type { Link, LinkEvents, OpenLink } from "./link.ts";

/** A link that sends each frame as a request of its own, one after the other, for CI and where a proxy lets no WebSocket through. */
export const postLink =
  (address: HubAddress): OpenLink =>
  (events) =>
    void trustOf(address).then(
      (trust) => events.opened(new Requests(address, trust, events)),
      (error: unknown) => events.closed(hubAway(address.url, error)),
    );

class Requests implements Link {
  readonly #address: HubAddress;
  readonly #trust: Trust;
  readonly #events: LinkEvents;
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(address: HubAddress, trust: Trust, events: LinkEvents) {
    this.#address = address;
    this.#trust = trust;
    this.#events = events;
  }

  send(frame: AnyFrame): void {
    this.#last = this.#last.then(() => this.#request(frame));
  }

  close(): void {
    this.#isClosed = true;
  }

  async #request(frame: AnyFrame): Promise<void> {
    if (this.#isClosed) return;
    try {
      const content = await askHub(this.#address, `/v1/${frame.type}`, this.#trust, encodeFrame(frame));
      if (!this.#isClosed && content.byteLength > 0) this.#events.receive(decodeFrame(Buffer.from(content).toString()));
    } catch (error) {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.#events.closed(problemOf(error));
    }
  }
}

/** What went wrong on a link, as an error for people. */
export const problemOf = (error: unknown): PawprintError =>
  error instanceof PawprintError
    ? error
    : new PawprintError(
        "answer_unusable",
        `the hub's answer cannot be used: ${messageOf(error)}`,
        "update pawprint",
        error,
      );
