import { PawprintError } from "../utils/errors.ts";
import { Garbage } from "../sync/Garbage.ts";
import { collectorStream } from "./collector-session.ts";
import { identityFor, tokenOf } from "./dispatch.ts";
import { answerFrame, answerJoin, frameAt } from "./frame-requests.ts";
import { type ReceivedRequest, HttpServer, type ListenOptions } from "./HttpServer.ts";
import type { Hub } from "./Hub.ts";
import { allows, type Identity, type Scope } from "./identity.ts";
import type { ReadContext } from "./routes/contract.ts";
import { routes } from "./routes/registry.ts";
import type { HubServices } from "./services.ts";
import { FrameStream, type StreamData, Streams } from "./streams.ts";

/** How often what is only in memory is written, and revoked tokens are looked for, milliseconds. */
const TICK_MS = 1_000;
/** Rows after which garbage is collected, and how often that is looked at, milliseconds: a machine that joins sends as many meanwhile. */
const GARBAGE_MS = 100;
const GARBAGE_ROWS = 2_000;
/** A connection that is opened leaves as much garbage as so many rows. */
const ROWS_OF_OPENING = 10;

/** The hub's HTTP server: frames of machines, streams, the routes of people, and the page. */
export class HubServer {
  readonly #hub: Hub;
  readonly #options: ListenOptions;
  readonly #streams: Streams;
  readonly #http: HttpServer<HubServices, ReadContext>;
  readonly #timers: readonly Timer[];
  /** One function for all streams: one made for a request would keep that in memory for as long as its stream is open. */
  readonly #openFrames: StreamData["open"] = (socket) => new FrameStream(this.#hub, socket);

  /** Starts to listen. Throws what HttpServer throws. */
  constructor(hub: Hub, options: ListenOptions) {
    this.#hub = hub;
    this.#options = options;
    this.#streams = new Streams(hub);
    this.#http = new HttpServer<HubServices, ReadContext>({
      ...options,
      services: hub,
      routes,
      answerFirst: (asked) => this.#answerFirst(asked),
      websocket: this.#streams.handler,
    });
    hub.url = this.#http.url;
    const garbage = new Garbage(GARBAGE_ROWS);
    this.#timers = [
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => garbage.check(hub.ingest.counts.rows + ROWS_OF_OPENING * hub.connections.opened), GARBAGE_MS),
    ];
  }

  /** The address that the server listens on, such as http://127.0.0.1:7297. */
  get address(): string {
    return this.#http.address;
  }

  /** Ends all streams with a `stop`, writes what has arrived, and stops to listen. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#hub.ingest.flush();
    this.#hub.connections.end(() => true, new PawprintError("hub_away", "the hub is being stopped", "try again"));
    await this.#http.stop();
  }

  /** Answers machines and collectors; null for all other requests, undefined if the request has become a stream. */
  #answerFirst(asked: ReceivedRequest): Promise<Response> | undefined | null {
    const { request, path, address } = asked;
    if (path === "/v1/stream") {
      const identity = this.#identityOf(asked, "machine");
      return this.#upgrade(asked, { identity, address, open: this.#openFrames });
    }
    if (path === "/ws") return this.#upgrade(asked, this.#collector(asked));
    if (request.method !== "POST") return null;
    if (path === "/v1/join") return this.#join(asked);
    return frameAt(path) === undefined ? null : this.#frame(asked);
  }

  async #frame(asked: ReceivedRequest): Promise<Response> {
    const identity = this.#identityOf(asked, "machine");
    return answerFrame(this.#hub, identity, asked.path, await this.#bodyOf(asked, identity.token));
  }

  async #join(asked: ReceivedRequest): Promise<Response> {
    const { request, address } = asked;
    const body = await this.#bodyOf(asked, address);
    const token = tokenOf(request.headers);
    return this.#http.tryCode(address, () => {
      const identify = (given: string | null): Identity => this.#http.identify(given, "write", address);
      return answerJoin(this.#hub, body, token === null ? null : identityFor(token, "write", identify));
    });
  }

  /** Who sends a request, without a look at what the token allows. Throws what `identify` throws. */
  #identityOf({ request, address }: ReceivedRequest, needs: Scope): Identity {
    return this.#http.identify(tokenOf(request.headers), needs, address);
  }

  #bodyOf(asked: ReceivedRequest, sender: string): Promise<Uint8Array> {
    return this.#http.receive(asked, sender, async () => new Uint8Array(await asked.request.arrayBuffer()));
  }

  #upgrade({ request, server, path }: ReceivedRequest, data: StreamData): undefined {
    this.#streams.refuseMore(data);
    if (server.upgrade(request, { data })) return undefined;
    throw new PawprintError("bad_usage", `${path} is a WebSocket`, "ask for an upgrade to a WebSocket");
  }

  /** A stream of a collector, which may write, or a dashboard, which may read. Throws unauthorized, and forbidden for a machine's token. */
  #collector(asked: ReceivedRequest): StreamData {
    const hub = this.#hub;
    const { read } = this.#options;
    const allowed = (needs: Scope): Identity | null => {
      const identity = this.#identityOf(asked, needs);
      return allows(identity.scope, needs) ? identity : null;
    };
    const [reader, writer] = [allowed("read"), allowed("write")];
    const identity =
      writer ?? reader ?? identityFor(tokenOf(asked.request.headers), "read", () => this.#identityOf(asked, "read"));
    return {
      identity,
      address: asked.address,
      open: (socket) =>
        collectorStream(
          { hub, reader, writer, read, sleep: (ms) => Bun.sleep(ms), send: (text) => void socket.send(text) },
          identity,
          socket,
        ),
    };
  }

  #tick(): void {
    try {
      this.#hub.tick();
    } catch (error) {
      this.#hub.failed(error);
    }
  }
}
