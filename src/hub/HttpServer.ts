import type { WebSocketHandler } from "bun";
import { wireLimits } from "../model/wire.ts";
import { isLoopback } from "../sync/hub-url.ts";
import { errnoOf, PawprintError } from "../utils/errors.ts";
import { type Access, corsHeaders, identityOf, refuseForeign } from "./access.ts";
import { senderOf, urlOf } from "./addresses.ts";
import { addTo } from "./counts.ts";
import { answer, errorResponse, type ReadRoute } from "./dispatch.ts";
import { ANYONE, type Identity, type Scope } from "./identity.ts";
import { hubLimits } from "./limits.ts";
import { answerFile, isOfPage, type PageFiles } from "./page/files.ts";
import { RateLimit } from "./RateLimit.ts";
import type { AnyRoute } from "./routes/contract.ts";
import { RouteTable } from "./RouteTable.ts";
import type { PageServices } from "./services.ts";
import type { StreamData } from "./streams.ts";

/** A server of Bun whose WebSockets are those of a hub. */
export type BunServer = Bun.Server<StreamData>;

/** What a server listens on, and who may ask it. */
export interface ListenOptions extends Omit<Access, "url"> {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The address that others use; that of the server if null. */
  readonly url: string | null;
  /** Private key and certificate as PEM; null for plain HTTP. */
  readonly tls: { readonly key: string; readonly cert: string } | null;
  /** The files of the page, asked for when the first request comes for one: a hub that only machines use does not need them. */
  page(): PageFiles | Promise<PageFiles>;
  readonly read: ReadRoute;
}

/** A request, and where it comes from. */
export interface ReceivedRequest {
  readonly request: Request;
  readonly server: BunServer;
  readonly path: string;
  /** The address of the sender, as limits go by it. */
  readonly address: string;
}

/** What a server answers with. */
export interface HttpOptions<Services extends PageServices, Context> extends ListenOptions {
  readonly services: Services;
  readonly routes: readonly AnyRoute<Services, Context>[];
  /** Answers what is not a route: null for all that is one, undefined if the request has become a stream. */
  answerFirst?(asked: ReceivedRequest): Promise<Response> | undefined | null;
  readonly websocket?: WebSocketHandler<StreamData>;
}

const NO_STREAMS: WebSocketHandler<StreamData> = { message: () => {} };

/** An HTTP server with routes and the files of the page. It answers its own pages, by its own names, within limits. */
export class HttpServer<Services extends PageServices, Context> {
  readonly #options: HttpOptions<Services, Context>;
  readonly #routes: RouteTable<AnyRoute<Services, Context>>;
  readonly #server: BunServer;
  readonly #access: Access;
  readonly #requests: RateLimit;
  readonly #failures: RateLimit;
  readonly #wrongCodes: RateLimit;
  #files: PageFiles | Promise<PageFiles> | null = null;
  /** The bodies that are being received, by sender. */
  readonly #bodies = new Map<string, number>();

  /** Starts to listen. Throws bad_usage if the port is taken or the address is not this machine's. */
  constructor(options: HttpOptions<Services, Context>) {
    const now = (): number => options.services.now();
    this.#options = options;
    this.#routes = new RouteTable(options.routes);
    this.#requests = new RateLimit(...hubLimits.requestRate, now);
    this.#failures = new RateLimit(...hubLimits.failureRate, now);
    this.#wrongCodes = new RateLimit(...hubLimits.failureRate, now);
    this.#server = this.#listen();
    this.#access = { ...options, url: options.url ?? this.address };
  }

  /** The address that the server listens on, such as http://127.0.0.1:7297. */
  get address(): string {
    const { host, tls } = this.#options;
    return urlOf(tls ? "https" : "http", host, this.#server.port ?? 0);
  }

  /** The address that others use. */
  get url(): string {
    return this.#access.url;
  }

  /** Who sends a token from an address. Throws unauthorized, and too_many where too many were wrong. */
  identify(token: string | null, needs: Scope, address: string): Identity {
    try {
      return identityOf(token, needs, this.#options.services.tokens, this.#access);
    } catch (error) {
      throw this.#failures.take(address) ? error : tooMany();
    }
  }

  /**
   * Runs what uses up a code. An address that tried too many wrong ones may try none for a while. There is no limit on the wrong
   * codes of all addresses together, by which one stranger could keep everybody out: a code has 128 bits.
   */
  tryCode<T>(address: string, use: () => T): T {
    if (!this.#isProxy(address) && !this.#wrongCodes.allows(address)) throw tooMany();
    try {
      return use();
    } catch (error) {
      throw this.#wrongCodes.take(address) ? error : tooMany();
    }
  }

  /**
   * Receives a body by `read`. Throws too_many if its sender (a token, or an address without one) has too many under way, since each
   * may come slowly, and bad_usage if it was cut off.
   */
  async receive<T>({ request, server }: ReceivedRequest, sender: string, read: () => Promise<T>): Promise<T> {
    if ((this.#bodies.get(sender) ?? 0) >= hubLimits.bodiesOfSender) throw tooMany();
    addTo(this.#bodies, sender, 1);
    server.timeout(request, hubLimits.idleSeconds);
    try {
      return await read();
    } catch (error) {
      if (error instanceof PawprintError) throw error;
      throw new PawprintError("bad_usage", "the body was cut off", "send it again", error);
    } finally {
      addTo(this.#bodies, sender, -1);
      server.timeout(request, hubLimits.answerSeconds);
    }
  }

  /** Sends what is being answered, closes the connections, and stops to listen. */
  async stop(): Promise<void> {
    await this.#server.stop();
    await this.#server.stop(true);
  }

  #listen(): BunServer {
    const { host, port, tls, services, websocket = NO_STREAMS } = this.#options;
    try {
      return Bun.serve<StreamData>({
        hostname: host,
        port,
        ...(tls ? { tls: { key: tls.key, cert: tls.cert } } : {}),
        idleTimeout: hubLimits.idleSeconds,
        maxRequestBodySize: wireLimits.frameBytes,
        fetch: (request, server) => this.#fetch(request, server),
        error: (error) => errorResponse(error, services),
        websocket,
      });
    } catch (error) {
      const hint = "choose another one with --port, or end the program that uses it";
      throw new PawprintError(
        "bad_usage",
        `nothing can listen on ${host} port ${port} (${errnoOf(error)})`,
        hint,
        error,
      );
    }
  }

  async #fetch(request: Request, server: BunServer): Promise<Response | undefined> {
    let response: Response | undefined;
    try {
      refuseForeign(request.headers, this.#access);
      const address = senderOf(server.requestIP(request)?.address ?? "");
      response = await this.#answer({ request, server, path: new URL(request.url).pathname, address });
    } catch (error) {
      response = errorResponse(error, this.#options.services);
    }
    for (const [name, value] of Object.entries(corsHeaders(request.headers, this.#access)))
      response?.headers.append(name, value);
    return response;
  }

  /** Answers a request; undefined if it has become a stream. */
  async #answer(asked: ReceivedRequest): Promise<Response | undefined> {
    const { request, server, path, address } = asked;
    const { answerFirst, page, read, services } = this.#options;
    if (server.pendingRequests > hubLimits.requests || !this.#mayAsk(address)) throw tooMany();
    if (request.method === "OPTIONS") return new Response(null, { status: 204 });
    const first = answerFirst?.(asked) ?? null;
    if (first === undefined || first !== null) return first;
    const file = isOfPage(request, path) ? answerFile(request, path, await (this.#files ??= page())) : null;
    if (file) return file;
    server.timeout(request, hubLimits.answerSeconds);
    return answer(request, {
      services,
      routes: this.#routes,
      identify: (token, needs) => this.identify(token, needs, address),
      read,
      tryCode: (use) => this.tryCode(address, use),
      receive: ({ token }, read) => this.receive(asked, token === ANYONE ? address : token, read),
    });
  }

  #mayAsk(address: string): boolean {
    return isLoopback(address) || this.#requests.take(address);
  }

  /** Whether an address may be that of a reverse proxy on this machine, which sends the requests of everybody. */
  #isProxy(address: string): boolean {
    return this.#options.url !== null && isLoopback(address);
  }
}

/** The error for who sends more than is allowed. */
export const tooMany = (): PawprintError =>
  new PawprintError("too_many", "too many requests", "send fewer, and try again in a minute");
