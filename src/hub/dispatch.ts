import { failures, PawprintError } from "../utils/errors.ts";
import { clean } from "../utils/terminal.ts";
import { allows, anyone, type Identity, type Scope } from "./identity.ts";
import { jsonIn, parsed } from "./parsed.ts";
import { type FailureLog, publicError } from "./public-error.ts";
import type { AnyRoute, RouteAnswer, RouteRequest } from "./routes/contract.ts";
import type { RouteTable } from "./RouteTable.ts";

/** Largest body of a request in bytes, unless its route allows another size. */
export const MAX_BODY = 1_048_576;
/** Longest text of a parameter, characters. */
const MAX_PARAMETER = 4_096;
/** Seconds after which to try again, where a limit was exceeded. */
const RETRY_SECONDS = 10;

/** What requests are answered with: routes, and the services that these need. */
export interface Dispatcher<Services, Context> extends Pick<RouteRequest<unknown, unknown>, "tryCode"> {
  readonly services: Services;
  readonly routes: RouteTable<AnyRoute<Services, Context>>;
  readonly identify: Identify;
  readonly read: ReadRoute;
  /** Receives the body of a request by `read`. Throws too_many, and bad_usage if it was cut off. */
  receive<T>(identity: Identity, read: () => Promise<T>): Promise<T>;
}

/**
 * Who sends a request: the token as it came, null for none, and what the route needs. With --no-auth a request without a
 * token may read, and write to the routes that need `write`. Throws unauthorized.
 */
export type Identify = (token: string | null, needs: Scope) => Identity;

/** Runs a route's `read`; the parameters are what its schema made of them. */
export type ReadRoute = (name: string, params: unknown, identity: Identity) => Promise<RouteAnswer>;

/** Answers a request to one of the routes. Throws what the route throws, and PawprintError for a wrong request. */
export async function answer<Services, Context>(
  request: Request,
  { services, routes, identify, read, receive, tryCode }: Dispatcher<Services, Context>,
): Promise<Response> {
  const url = new URL(request.url);
  const { found, names } = routes.find(request.method, url.pathname);
  const identity = found.scope === null ? anyone("read") : identityFor(tokenOf(request.headers), found.scope, identify);
  const params = parsed(found.params, { ...queryOf(url.searchParams), ...names }, "a parameter");
  const limit = found.maxBody ?? MAX_BODY;
  const body = found.body && parsed(found.body, await receive(identity, () => jsonOf(request, limit)), "the body");
  const result = found.read
    ? await read(found.name, params, identity)
    : await found.run?.({ params, body, identity, headers: request.headers, routes: routes.all, tryCode }, services);
  if (result === undefined) throw new Error(`the route ${found.name} has neither run nor read`);
  const response = responseOf(result);
  if (request.method !== "HEAD") return response;
  // Nobody reads the body, which may be a stream without an end.
  await response.body?.cancel();
  return new Response(null, response);
}

/** A failure as an answer: {"error":{"code","message","hint"}} with the status of its code, as publicError shows it. */
export function errorResponse(error: unknown, server: FailureLog): Response {
  const { code, message, hint } = publicError(error, server);
  const headers: Record<string, string> = { ...SAFE, "content-type": JSON_TYPE };
  if (code === "unauthorized") headers["www-authenticate"] = 'Bearer realm="pawprint"';
  if (code === "too_many") headers["retry-after"] = String(RETRY_SECONDS);
  const body = { error: { code, message: clean(message, 1_000), hint: clean(hint, 1_000) } };
  return Response.json(body, { status: failures[code].http, headers });
}

const JSON_TYPE = "application/json; charset=utf-8";
/** Headers of every answer: it is data of people, which no cache keeps and no page runs. */
const SAFE = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

function responseOf({ status = 200, body, type }: RouteAnswer): Response {
  if (type === undefined) return Response.json(body, { status, headers: { ...SAFE, "content-type": JSON_TYPE } });
  return new Response(body as string | ReadableStream, { status, headers: { ...SAFE, "content-type": type } });
}

/** The token of a request: `Authorization: Bearer`, else `X-API-Key`; null without one. Throws unauthorized for another scheme. */
export function tokenOf(headers: Headers): string | null {
  const authorization = headers.get("authorization");
  if (authorization === null) return headers.get("x-api-key");
  const [, token] = /^Bearer +(\S+)\s*$/i.exec(authorization) ?? [];
  if (token !== undefined) return token;
  throw new PawprintError(
    "unauthorized",
    "the Authorization header is not a token",
    "send Authorization: Bearer TOKEN",
  );
}

/** Who sends a request that needs a scope. Throws unauthorized, and forbidden if the token allows less. */
export function identityFor(token: string | null, needs: Scope, identify: Identify): Identity {
  const identity = identify(token, needs);
  if (allows(identity.scope, needs)) return identity;
  const message = `this needs the scope ${needs}; the token has ${identity.scope}`;
  const key = `pawprint token create NAME --scope ${needs} makes one`;
  const isMachine = identity.scope === "machine" && needs === "read";
  throw new PawprintError(
    "forbidden",
    message,
    isMachine ? `${key}; pawprint invite NAME --read lets a machine read` : key,
  );
}

function queryOf(search: URLSearchParams): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, text] of search) {
    const problem = Object.hasOwn(query, name) ? "comes twice" : text.length > MAX_PARAMETER ? "is too long" : null;
    if (problem !== null)
      throw new PawprintError("bad_usage", `the parameter ${clean(name, 100)} ${problem}`, "give it once, and shorter");
    query[name] = text;
  }
  return query;
}

/** The JSON of a body. Throws too_large and bad_usage. */
async function jsonOf(request: Request, limit: number): Promise<unknown> {
  if ((request.headers.get("content-encoding") ?? "identity") !== "identity")
    throw new PawprintError("bad_usage", "the body is compressed", "send it as plain JSON");
  return jsonIn(await textWithin(request, limit));
}

/** The text of a body, read only as far as the limit in bytes. Throws too_large. */
async function textWithin(request: Request, limit: number): Promise<string> {
  const tooLarge = (): PawprintError =>
    new PawprintError("too_large", `the body has more than ${limit} bytes`, "send it in parts");
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge();
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.byteLength;
    if (size > limit) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
