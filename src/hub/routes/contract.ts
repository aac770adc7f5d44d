import type { z } from "zod";
import type { Ledger } from "../../ledger/sqlite/Ledger.ts";
import type { ReportPlace } from "../../reports/shared/run.ts";
import type { RegistryItem } from "../../utils/registry.ts";
import type { HubServices } from "../services.ts";
import type { Identity, Scope } from "../identity.ts";

/** An answer: JSON by default. */
export interface RouteAnswer {
  /** HTTP status, 200 if missing. */
  readonly status?: number;
  /** What becomes JSON; a text or a stream of texts if `type` is another one. */
  readonly body: unknown;
  /** Content-Type, application/json if missing. */
  readonly type?: string;
}

/** What a route gets that reads what reports run on: the ledger of a hub, or that of this machine. */
export interface PlaceContext {
  readonly place: ReportPlace;
}

/** What a route gets that reads a hub: a read-only connection in a process of its own, which is ended if it takes too long. */
export interface ReadContext extends PlaceContext {
  readonly ledger: Ledger;
  readonly identity: Identity;
}

/** A request to a route that writes, or that needs what only the server process knows. */
export interface RouteRequest<Params, Body> {
  readonly params: Params;
  readonly body: Body;
  readonly identity: Identity;
  readonly headers: Headers;
  /** All routes of the server, for the document that describes them. */
  readonly routes: readonly RouteDescription[];
  /** Runs what uses up a code. A sender that tried too many wrong ones may try none for a while. */
  tryCode<T>(use: () => T): T;
}

/** A route of any parameters that needs these services and reads from this. */
export type AnyRoute<Services = HubServices, Context = ReadContext> = Route<unknown, unknown, Services, Context>;

/** A route whose types follow from its schemas, and from what its function says that it needs. */
export function route<Params, Body = undefined, Services = HubServices>(
  one: Route<Params, Body, Services, unknown> & { readonly run: object },
): AnyRoute<Services, unknown>;
/** The same for a route that reads. */
export function route<Params, Context = ReadContext>(
  one: Route<Params, undefined, unknown, Context> & { readonly read: object },
): AnyRoute<unknown, Context>;
/** Its function is called with what its schemas made of a request. */
export function route(one: object): object {
  return one;
}

/** What is known of a route without the functions that answer it. */
export type RouteDescription = Omit<AnyRoute, "run" | "read">;

/**
 * One route. It has either `run` or `read`. A server can have it if it has the services that it needs: a hub has all of them. The OpenAPI
 * document and the test of authorization are printed from this.
 */
export interface Route<Params, Body, Services, Context> extends RegistryItem {
  readonly method: "GET" | "POST" | "DELETE" | "PATCH";
  /** Path with :names, such as /api/v1/reports/:name. */
  readonly path: string;
  /** What the token must allow; null if the route needs no token. */
  readonly scope: Scope | null;
  /** Names in the path and the query. */
  readonly params: z.ZodType<Params>;
  /** The body of the request; absent if it has none. */
  readonly body?: z.ZodType<Body>;
  /** Largest body in bytes, MAX_BODY of dispatch.ts if missing. */
  readonly maxBody?: number;
  /** What is answered if nothing fails, for the API document; absent if it is not JSON. */
  readonly answer?: z.ZodType;
  /** Answers in the server's process. Throws PawprintError, whose code gives the HTTP status. */
  readonly run?: (request: RouteRequest<Params, Body>, services: Services) => Promise<RouteAnswer> | RouteAnswer;
  /** Answers from the ledger that reports run on; at a hub in the reader's process, from a read-only connection. */
  readonly read?: (params: Params, context: Context) => Promise<RouteAnswer> | RouteAnswer;
}
