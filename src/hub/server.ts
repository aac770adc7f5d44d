import { wireLimits } from "../model/wire.ts";
import { errnoOf, PawprintError } from "../utils/errors.ts";
import { type Access, corsHeaders, identityOf, refuseForeign } from "./access.ts";
import { Garbage } from "../sync/Garbage.ts";
import { isLoopback } from "../sync/hub-url.ts";
import { senderOf, urlOf } from "./addresses.ts";
import { collectorStream } from "./collector-session.ts";
import { answer, errorResponse, identityFor, tokenOf } from "./dispatch.ts";
import { answerFrame, answerJoin, frameAt } from "./frame-requests.ts";
import type { Hub } from "./Hub.ts";
import { allows, type Identity, type Scope } from "./identity.ts";
import { hubLimits } from "./limits.ts";
import { RateLimit } from "./RateLimit.ts";
import type { RouteAnswer } from "./routes/contract.ts";
import { addTo, FrameStream, type StreamData, Streams } from "./streams.ts";

/** What a server listens on, and who may ask it. */
export interface ServerOptions extends Omit<Access, "url"> {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The address that machines use; that of the server if null. */
  readonly url: string | null;
  /** Private key and certificate as PEM; null for plain HTTP. */
  readonly tls: { readonly key: string; readonly cert: string } | null;
  /** Runs a route's `read` in the reader's process. */
  read(name: string, params: unknown, identity: Identity): Promise<RouteAnswer>;
}

/** How often what is only in memory is written, and revoked tokens are looked for, milliseconds. */
const TICK_MS = 1_000;
/** Rows after which garbage is collected, and how often that is looked at, milliseconds: a machine that joins sends as many meanwhile. */
const GARBAGE_MS = 100;
const GARBAGE_ROWS = 3_000;
/** A connection that is opened leaves as much garbage as so many rows. */
const ROWS_OF_OPENING = 8;

type Server = Bun.Server<StreamData>;

/** The hub's HTTP server: frames of machines, streams, and the routes of people. */
export class HubServer {
  readonly #hub: Hub;
  readonly #options: ServerOptions;
  readonly #streams: Streams;
  readonly #server: Server;
  readonly #access: Access;
  readonly #requests: RateLimit;
  readonly #failures: RateLimit;
  readonly #wrongCodes: RateLimit;
  /** The bodies that are being received, by token, or by address for those without one. */
  readonly #bodies = new Map<string, number>();
  readonly #timers: readonly Timer[];
  /** One function for all streams: one made for a request would keep that in memory for as long as its stream is open. */
  readonly #openFrames: StreamData["open"] = (socket) => new FrameStream(this.#hub, socket);

  /** Starts to listen. Throws bad_usage if the port is taken or the address is not this machine's. */
  constructor(hub: Hub, options: ServerOptions) {
    const now = (): number => hub.now();
    this.#hub = hub;
    this.#options = options;
    this.#streams = new Streams(hub);
    this.#requests = new RateLimit(...hubLimits.requestRate, now);
    this.#failures = new RateLimit(...hubLimits.failureRate, now);
    this.#wrongCodes = new RateLimit(...hubLimits.failureRate, now);
    this.#server = this.#listen();
    hub.url = options.url ?? this.address;
    this.#access = { ...options, url: hub.url };
    const garbage = new Garbage(GARBAGE_ROWS);
    this.#timers = [
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => garbage.check(hub.ingest.counts.rows + ROWS_OF_OPENING * hub.connections.opened), GARBAGE_MS),
    ];
  }

  /** The address that the server listens on, such as http://127.0.0.1:7297. */
  get address(): string {
    const { host, tls } = this.#options;
    return urlOf(tls ? "https" : "http", host, this.#server.port ?? 0);
  }

  /** Ends all streams with a `stop`, writes what has arrived, and stops to listen. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#hub.ingest.flush();
    this.#hub.connections.end(() => true, new PawprintError("hub_away", "the hub is being stopped", "try again"));
    // What is answered is sent before the connections are closed.
    await this.#server.stop();
    await this.#server.stop(true);
  }

  #listen(): Server {
    const { host, port, tls } = this.#options;
    try {
      return Bun.serve<StreamData>({
        hostname: host,
        port,
        ...(tls ? { tls: { key: tls.key, cert: tls.cert } } : {}),
        idleTimeout: hubLimits.idleSeconds,
        maxRequestBodySize: wireLimits.frameBytes,
        fetch: (request, server) => this.#fetch(request, server),
        error: (error) => errorResponse(error, this.#hub),
        websocket: this.#streams.handler,
      });
    } catch (error) {
      const hint = "choose another one: pawprint serve --port 7298, or end the program that uses it";
      throw new PawprintError(
        "bad_usage",
        `nothing can listen on ${host} port ${port} (${errnoOf(error)})`,
        hint,
        error,
      );
    }
  }

  async #fetch(request: Request, server: Server): Promise<Response | undefined> {
    const { headers } = request;
    let response: Response | undefined;
    try {
      const address = senderOf(server.requestIP(request)?.address ?? "");
      response = await this.#answer(request, server, address);
    } catch (error) {
      response = errorResponse(error, this.#hub);
    }
    if (response)
      for (const [name, value] of Object.entries(corsHeaders(headers, this.#access))) response.headers.set(name, value);
    return response;
  }

  /** Answers a request; undefined if it has become a stream. */
  async #answer(request: Request, server: Server, address: string): Promise<Response | undefined> {
    refuseForeign(request.headers, this.#access);
    if (server.pendingRequests > hubLimits.requests || !this.#mayAsk(address)) throw tooMany();
    if (request.method === "OPTIONS") return new Response(null, { status: 204 });
    const path = new URL(request.url).pathname;
    const identify = (token: string | null, needs: Scope): Identity => this.#identify(token, needs, address);
    if (path === "/v1/stream") {
      const identity = identify(tokenOf(request.headers), "machine");
      return this.#upgrade(request, server, { identity, address, open: this.#openFrames });
    }
    if (path === "/ws") return this.#upgrade(request, server, this.#collector(tokenOf(request.headers), address));
    if (request.method === "POST" && (path === "/v1/join" || frameAt(path) !== undefined)) {
      const identity = path === "/v1/join" ? null : identify(tokenOf(request.headers), "machine");
      const body = await this.#bodyOf(request, identity?.token ?? address);
      server.timeout(request, hubLimits.answerSeconds);
      return identity
        ? answerFrame(this.#hub, identity, path, body)
        : this.#join(body, tokenOf(request.headers), address);
    }
    const { read } = this.#options;
    server.timeout(request, hubLimits.answerSeconds);
    return answer(request, { services: this.#hub, identify, read });
  }

  /** Receives a body. Throws too_many if its sender has too many under way, and bad_usage if it was cut off. */
  async #bodyOf(request: Request, sender: string): Promise<Uint8Array> {
    if ((this.#bodies.get(sender) ?? 0) >= hubLimits.bodiesOfSender) throw tooMany();
    addTo(this.#bodies, sender, 1);
    try {
      return new Uint8Array(await request.arrayBuffer());
    } catch (error) {
      throw new PawprintError("bad_usage", "the body was cut off", "send it again", error);
    } finally {
      addTo(this.#bodies, sender, -1);
    }
  }

  #upgrade(request: Request, server: Server, data: StreamData): undefined {
    this.#streams.refuseMore(data);
    if (server.upgrade(request, { data })) return undefined;
    const { pathname } = new URL(request.url);
    throw new PawprintError("bad_usage", `${pathname} is a WebSocket`, "ask for an upgrade to a WebSocket");
  }

  /** A stream of a collector, which may write, or a dashboard, which may read. Throws unauthorized, and forbidden for a machine's token. */
  #collector(token: string | null, address: string): StreamData {
    const hub = this.#hub;
    const { read } = this.#options;
    const allowed = (needs: Scope): Identity | null => {
      const identity = this.#identify(token, needs, address);
      return allows(identity.scope, needs) ? identity : null;
    };
    const [reader, writer] = [allowed("read"), allowed("write")];
    const identity =
      writer ?? reader ?? identityFor(token, "read", (one, needs) => this.#identify(one, needs, address));
    return {
      identity,
      address,
      open: (socket) =>
        collectorStream(
          { hub, reader, writer, read, sleep: (ms) => Bun.sleep(ms), send: (text) => void socket.send(text) },
          identity,
          socket,
        ),
    };
  }

  #identify(token: string | null, needs: Scope, address: string): Identity {
    try {
      return identityOf(token, needs, this.#hub.tokens, this.#access);
    } catch (error) {
      throw this.#failures.take(address) ? error : tooMany();
    }
  }

  /**
   * Joins a machine. An address that tried too many wrong codes may try none for a while. There is no limit on the wrong
   * codes of all addresses together, by which one stranger could keep every machine out: a code has 128 bits.
   */
  #join(body: Uint8Array, token: string | null, address: string): Response {
    if (!this.#isProxy(address) && !this.#wrongCodes.allows(address)) throw tooMany();
    try {
      const identify = (given: string | null): Identity => this.#identify(given, "write", address);
      const by = token === null ? null : identityFor(token, "write", identify);
      return answerJoin(this.#hub, body, by);
    } catch (error) {
      throw this.#wrongCodes.take(address) ? error : tooMany();
    }
  }

  #mayAsk(address: string): boolean {
    return isLoopback(address) || this.#requests.take(address);
  }

  /** Whether an address may be that of a reverse proxy on this machine, which sends the requests of everybody. */
  #isProxy(address: string): boolean {
    return this.#options.url !== null && isLoopback(address);
  }

  #tick(): void {
    try {
      this.#hub.tick();
    } catch (error) {
      this.#hub.failed(error);
    }
  }
}

const tooMany = (): PawprintError =>
  new PawprintError("too_many", "too many requests", "send fewer, and try again in a minute");
