import type { ServerWebSocket, WebSocketHandler } from "bun";
import { decodeFrame, encodeFrame } from "../model/frame-coding.ts";
import { wireLimits } from "../model/wire.ts";
import { PawprintError } from "../utils/errors.ts";
import { addTo } from "./counts.ts";
import type { Hub } from "./Hub.ts";
import type { Identity } from "./identity.ts";
import { hubLimits } from "./limits.ts";
import { Allowance } from "./RateLimit.ts";
import { HubSession } from "./session.ts";

/** What is known of a stream before its first message. */
export interface StreamData {
  readonly identity: Identity;
  readonly address: string;
  /** Starts the session of the stream, which answers its messages. */
  open(socket: ServerWebSocket<StreamData>): StreamSession;
}

/** What takes the messages of a stream. */
export interface StreamSession {
  /** Takes a message. Throws what is wrong with it, which `fail` then reports. */
  receive(message: string | Uint8Array): void;
  /** Says why, and ends the stream. */
  fail(error: unknown): void;
  close(): void;
}

type Socket = ServerWebSocket<StreamData>;
interface Stream {
  readonly session: StreamSession;
  readonly frames: Allowance;
}

/** Status of a WebSocket that its server closes after a `stop`. */
const NORMAL = 1_000;

/** A session of a machine or a subscriber, at /v1/stream. */
export class FrameStream implements StreamSession {
  readonly #session: HubSession;

  constructor(hub: Hub, socket: Socket) {
    this.#session = new HubSession(hub, socket.data.identity, (frame) => {
      socket.send(encodeFrame(frame));
      if (frame.type === "stop") socket.close(NORMAL, frame.code);
    });
  }

  receive(message: string | Uint8Array): void {
    void this.#session.receive(decodeFrame(message));
  }

  fail(error: unknown): void {
    this.#session.fail(error);
  }

  close(): void {
    this.#session.close();
  }
}

/** The open WebSockets of machines, subscribers and collectors, with a session each. */
export class Streams {
  readonly #hub: Hub;
  readonly #open = new Map<Socket, Stream>();
  readonly #byAddress = new Map<string, number>();
  readonly #byToken = new Map<string, number>();

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Throws too_many if one more stream is too many for the hub, its address or its token. */
  refuseMore({ identity, address }: Pick<StreamData, "identity" | "address">): void {
    const { streams, streamsOfAddress, streamsOfToken } = hubLimits;
    const isFull = this.#open.size >= streams || (this.#byAddress.get(address) ?? 0) >= streamsOfAddress;
    if (!isFull && (this.#byToken.get(identity.token) ?? 0) < streamsOfToken) return;
    throw new PawprintError("too_many", "too many streams are open", "close one, or try again later");
  }

  /** For Bun.serve. */
  readonly handler: WebSocketHandler<StreamData> = {
    // One byte more than a frame may have is answered with what is wrong; much more cuts the connection.
    maxPayloadLength: 2 * wireLimits.frameBytes,
    backpressureLimit: hubLimits.waitingBytes,
    closeOnBackpressureLimit: true,
    idleTimeout: hubLimits.streamIdleSeconds,
    perMessageDeflate: false,
    open: (socket) => {
      const { identity, address } = socket.data;
      addTo(this.#byAddress, address, 1);
      addTo(this.#byToken, identity.token, 1);
      const session = socket.data.open(socket);
      this.#open.set(socket, { session, frames: new Allowance(...hubLimits.frameRate, this.#hub.now()) });
    },
    message: (socket, message) => {
      const stream = this.#open.get(socket);
      if (!stream) return;
      try {
        if (!stream.frames.take(this.#hub.now()))
          throw new PawprintError("too_many", "too many frames", "send less often");
        stream.session.receive(message);
      } catch (error) {
        stream.session.fail(error);
      }
    },
    close: (socket) => {
      const { identity, address } = socket.data;
      this.#open.get(socket)?.session.close();
      this.#open.delete(socket);
      addTo(this.#byAddress, address, -1);
      addTo(this.#byToken, identity.token, -1);
    },
  };
}
