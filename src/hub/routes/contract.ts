import type { z } from "zod";
import type { Ledger } from "../../ledger/sqlite/Ledger.ts";
import type { OffsetInterval } from "../../model/calendar.ts";
import type { PriceTable } from "../../model/price.ts";
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

/** What a reading route gets: a read-only connection in a process of its own, which is ended if it takes too long. */
export interface ReadContext {
  readonly ledger: Ledger;
  /** The prices of the hub. */
  readonly prices: PriceTable;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly identity: Identity;
  /** Asks the server to keep sums of the local days of some intervals, which this connection cannot write. */
  keepDays?(intervals: readonly OffsetInterval[]): void;
}

/** A request to a route that writes, or that needs what only the server process knows. */
export interface HubRequest<Params, Body> {
  readonly params: Params;
  readonly body: Body;
  readonly identity: Identity;
  readonly headers: Headers;
  /** All routes, for the document that describes them. */
  readonly routes: readonly AnyRoute[];
}

/** Any route, as the registry has it. */
export type AnyRoute = Route<unknown, unknown>;

/** A route whose types follow from its schemas. */
export const route = <Params, Body = undefined>(one: Route<Params, Body>): AnyRoute => one;

/** One route of the hub. It has either `run` or `read`. The OpenAPI document and the test of authorization are printed from this. */
export interface Route<Params, Body> extends RegistryItem {
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
  run?(request: HubRequest<Params, Body>, hub: HubServices): Promise<RouteAnswer> | RouteAnswer;
  /** Answers in the reader's process, from a read-only connection. */
  read?(params: Params, context: ReadContext): Promise<RouteAnswer> | RouteAnswer;
}
