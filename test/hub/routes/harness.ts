import { PriceTable } from "../../../src/model/price.ts";
import { answer, type Dispatcher, errorResponse, type ReadRoute } from "../../../src/hub/dispatch.ts";
import { identityOf } from "../../../src/hub/access.ts";
import type { Hub } from "../../../src/hub/Hub.ts";
import { hubPlace } from "../../../src/hub/reader/place.ts";
import { RouteTable } from "../../../src/hub/RouteTable.ts";
import type { HubServices } from "../../../src/hub/services.ts";
import { routes } from "../../../src/hub/routes/registry.ts";
import type { ReadContext } from "../../../src/hub/routes/contract.ts";
import { bearer } from "../server-harness.ts";
import { hubOf, operator } from "../harness.ts";

/** Runs the `read` of routes over the hub's own connection, as the reader's process does over one of its own. */
export const readerOf =
  (hub: Hub): ReadRoute =>
  async (name, params, identity) => {
    const place = hubPlace(hub.ledger, new PriceTable([]), hub.now());
    const context: ReadContext = { ledger: hub.ledger, place, identity };
    const found = routes.find((one) => one.name === name)?.read;
    if (!found) throw new Error(`no route reads as ${name}`);
    // The process gets and gives JSON.
    const answered: unknown = await found(JSON.parse(JSON.stringify(params)), context);
    return JSON.parse(JSON.stringify(answered)) as Awaited<ReturnType<ReadRoute>>;
  };

/** What a request was answered with. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON of the answer; null if it is none. */
  readonly body: never;
}

/** The first part of an answer that does not end. */
async function beginningOf({ body }: Response): Promise<string> {
  for await (const part of body ?? []) return Buffer.from(part).toString();
  return "";
}

/** A hub whose routes are asked without a network. */
export function asked({ isOpen = false } = {}) {
  const made = hubOf();
  const { hub } = made;
  const url = "http://hub.example";
  const dispatcher: Dispatcher<HubServices, ReadContext> = {
    services: hub,
    routes: new RouteTable(routes),
    tryCode: (use) => use(),
    receive: (_, read) => read(),
    identify: (token, needs) => identityOf(token, needs, hub.tokens, { url, corsOrigin: null, isOpen }),
    read: readerOf(hub),
  };
  const ask = async (
    line: string,
    options: { token?: string | null; body?: unknown; headers?: object } = {},
  ): Promise<Answered> => {
    const [method = "", path = ""] = line.split(" ");
    const { token = null, body, headers = {} } = options;
    const raw = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    const request = new Request(`${url}${path}`, {
      method,
      headers: { ...(token === null ? {} : bearer(token)), ...(headers as Record<string, string>) },
      ...(raw === undefined ? {} : { body: raw }),
    });
    const response = await answer(request, dispatcher).catch((error: unknown) =>
      errorResponse(error, {
        failed(unexpected) {
          throw unexpected;
        },
      }),
    );
    const isStream = response.headers.get("content-type") === "text/event-stream";
    const text = isStream ? await beginningOf(response) : await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : null) as never,
    };
  };
  const tokenFor = (scope: "read" | "write" | "admin", more: { expires?: number; name?: string } = {}): string =>
    hub.tokens.create(
      { name: more.name ?? scope, scope, machine: null, person: "", expires: more.expires ?? null },
      operator,
    ).token;
  return { ...made, operator, ask, tokenFor, dispatcher, [Symbol.dispose]: () => made[Symbol.dispose]() };
}
