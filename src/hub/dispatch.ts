import { failures, PawprintError } from "../utils/errors.ts";
import { clean } from "../utils/terminal.ts";
import { allows, anyone, type Identity, type Scope } from "./identity.ts";
import { jsonIn, parsed } from "./parsed.ts";
import { publicError } from "./public-error.ts";
import type { AnyRoute, RouteAnswer } from "./routes/contract.ts";
import { routes } from "./routes/registry.ts";
import type { HubServices } from "./services.ts";

/** Largest body of a request in bytes, unless its route allows another size. */
export const MAX_BODY = 1_048_576;
/** Longest text of a parameter, characters. */
const MAX_PARAMETER = 4_096;
/** Seconds after which to try again, where a limit was exceeded. */
const RETRY_SECONDS = 10;

/** What requests are answered with. */
export interface Dispatcher {
  readonly services: HubServices;
  /**
   * Who sends a request: the token as it came, null for none, and what the route needs. With --no-auth a request without a
   * token may read, and write to the routes that need `write`. Throws unauthorized.
   */
  identify(token: string | null, needs: Scope): Identity;
  /** Runs a route's `read` in the reader's process; the parameters are what its schema made of them. */
  read(name: string, params: unknown, identity: Identity): Promise<RouteAnswer>;
}

/** Answers a request to one of the routes. Throws what the route throws, and PawprintError for a wrong request. */
export async function answer(request: Request, { services, identify, read }: Dispatcher): Promise<Response> {
  const url = new URL(request.url);
  const { found, names } = routeOf(request.method, url.pathname);
  const identity = found.scope === null ? anyone("read") : identityFor(tokenOf(request.headers), found.scope, identify);
  const params = parsed(found.params, { ...queryOf(url.searchParams), ...names }, "a parameter");
  const body = found.body && parsed(found.body, await jsonOf(request, found.maxBody ?? MAX_BODY), "the body");
  const result = found.read
    ? await read(found.name, params, identity)
    : await found.run?.({ params, body, identity, headers: request.headers, routes }, services);
  if (result === undefined) throw new Error(`the route ${found.name} has neither run nor read`);
  const response = responseOf(result);
  if (request.method !== "HEAD") return response;
  // Nobody reads the body, which may be a stream without an end.
  await response.body?.cancel();
  return new Response(null, response);
}

/** A failure as an answer: {"error":{"code","message","hint"}} with the status of its code, as publicError shows it. */
export function errorResponse(error: unknown, hub: Pick<HubServices, "failed">): Response {
  const { code, message, hint } = publicError(error, hub);
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
export function identityFor(token: string | null, needs: Scope, identify: Dispatcher["identify"]): Identity {
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

/** The paths of the routes as expressions; the more names a path has, the later it is tried. */
const patterns = routes
  .map((one) => ({ one, names: one.path.split(":").length - 1, expression: expressionOf(one.path) }))
  .toSorted((a, b) => a.names - b.names);

function expressionOf(path: string): RegExp {
  const parts = path
    .split("/")
    .map((part) => (part.startsWith(":") ? `(?<${part.slice(1)}>[^/]+)` : RegExp.escape(part)));
  return new RegExp(`^${parts.join("/")}$`);
}

/** The route of a request and the values in its path. Throws not_found and wrong_method. */
function routeOf(method: string, path: string): { found: AnyRoute; names: Record<string, string> } {
  const atPath = patterns.filter(({ expression }) => expression.test(path));
  const match = atPath.find(({ one }) => one.method === (method === "HEAD" ? "GET" : method));
  if (match) {
    const { groups = {} } = match.expression.exec(path) ?? {};
    return {
      found: match.one,
      names: Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decoded(text)])),
    };
  }
  const hint = "GET /api/v1/openapi.json lists all routes";
  if (atPath.length === 0) throw new PawprintError("not_found", `there is nothing at ${path.slice(0, 200)}`, hint);
  const methods = atPath.map(({ one }) => one.method).join(", ");
  throw new PawprintError("wrong_method", `${path.slice(0, 200)} answers ${methods}`, hint);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new PawprintError("bad_usage", "the path is not encoded as a URL", "encode it with percent signs", error);
  }
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
