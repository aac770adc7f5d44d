import { describe, expect, test } from "bun:test";
import { scopes } from "../../src/hub/identity.ts";
import { openApiOf } from "../../src/hub/openapi.ts";
import { routes } from "../../src/hub/routes/registry.ts";
import { asked } from "../hub/routes/harness.ts";
import { bodyOf, lineOf, withData } from "../hub/routes/requests.ts";
import { NOW } from "../hub/harness.ts";

/** What each scope may do besides itself. */
const INCLUDED: Readonly<Record<string, readonly string[]>> = { admin: ["read", "write"] };
const mayUse = (has: string, needs: string): boolean => has === needs || (INCLUDED[has] ?? []).includes(needs);

describe("every route of the hub", () => {
  test("has a path and method of its own, and answers in exactly one process", () => {
    const lines = routes.map(({ method, path }) => `${method} ${path.replace(/:\w+/g, ":")}`);
    expect(new Set(lines).size).toBe(routes.length);
    expect(routes.filter(({ run, read }) => (run === undefined) === (read === undefined))).toEqual([]);
    expect(routes.filter(({ scope }) => scope === null).map(({ path }) => path)).toEqual(["/health", "/v1/page"]);
    expect(routes.filter(({ method, body }) => method === "POST" && body === undefined)).toEqual([]);
  });

  test.each(routes.map((one) => [one.name, one] as const))(
    "%s lets in those whose token allows it, and nobody else",
    async (_, one) => {
      using hub = asked();
      const machine = await withData(hub);
      const tokens: Record<string, string | null> = {
        none: null,
        wrong: "pawt_wrong",
        empty: "",
        expired: hub.tokenFor("admin", { expires: NOW - 1, name: "expired" }),
        revoked: hub.tokenFor("admin", { name: "revoked" }),
        machine,
      };
      for (const scope of ["read", "write", "admin"] as const) tokens[scope] = hub.tokenFor(scope);
      hub.hub.tokens.revoke("revoked", hub.operator);
      for (const [who, token] of Object.entries(tokens)) {
        const { status, body } = await hub.ask(lineOf(one), { token, body: bodyOf(one, hub) });
        const isKnown = scopes.some((scope) => scope === who);
        const expected = one.scope === null ? "in" : !isKnown ? 401 : mayUse(who, one.scope) ? "in" : 403;
        const code = (body as { error?: { code: string } } | null)?.error?.code;
        const found = status === 401 || status === 403 ? status : "in";
        expect({ who, found }).toEqual({ who, found: expected });
        if (expected === 401) expect(code).toBe("unauthorized");
        if (expected === 403) expect(code).toBe("forbidden");
        // Whoever may ask gets an answer, not a failure of the hub.
        if (expected === "in")
          expect({ who, status, isServed: status < 400 || status === 404 }).toMatchObject({ isServed: true });
      }
    },
  );

  test.each(routes.flatMap((one) => (one.answer ? [[one.name, one] as const] : [])))(
    "%s answers what its schema says",
    async (name, one) => {
      using hub = asked();
      await withData(hub);
      const { status, body } = await hub.ask(lineOf(one), { token: hub.tokenFor("admin"), body: bodyOf(one, hub) });
      expect(status).toBeLessThan(300);
      const found = one.answer?.safeParse(body);
      expect({ name, problem: found?.error?.issues[0] }).toEqual({ name, problem: undefined });
    },
  );

  test("says what is wrong with a parameter, a body, a method and a path", async () => {
    using hub = asked();
    const token = hub.tokenFor("admin");
    const codes = async (line: string, options: object = {}): Promise<unknown> => {
      const { status, body } = await hub.ask(line, { token, ...options });
      return [status, (body as { error: { code: string } }).error.code];
    };
    expect(await codes("GET /api/v1/machines?x=1")).toEqual([400, "bad_usage"]);
    expect(await codes("GET /api/v1/feed?limit=1&limit=2")).toEqual([400, "bad_usage"]);
    expect(await codes("GET /api/v1/feed?limit=0")).toEqual([400, "bad_usage"]);
    expect(await codes("GET /api/v1/usage?since=yesteryear")).toEqual([400, "bad_usage"]);
    expect(await codes("GET /api/v1/sessions/%ff")).toEqual([400, "bad_usage"]);
    expect(await codes("POST /api/v1/tokens", { body: "{" })).toEqual([400, "bad_usage"]);
    expect(await codes("POST /api/v1/tokens", { body: { name: "x", scope: "machine" } })).toEqual([400, "bad_usage"]);
    expect(await codes("POST /ingest", { body: `[${" ".repeat(1_048_577)}]` })).toEqual([413, "too_large"]);
    expect(await codes("POST /ingest", { body: "[]", headers: { "content-encoding": "gzip" } })).toEqual([
      400,
      "bad_usage",
    ]);
    expect(await codes("DELETE /ingest")).toEqual([405, "wrong_method"]);
    expect(await codes("GET /api/v1/nothing")).toEqual([404, "not_found"]);
    expect(await codes("GET /api/v1/machines", { token: null, headers: { authorization: "Basic eDp5" } })).toEqual([
      401,
      "unauthorized",
    ]);
    expect((await hub.ask("GET /api/v1/machines", { headers: { "x-api-key": token } })).status).toBe(200);
  });

  test("without tokens opens reading and uploading and nothing else", async () => {
    using hub = asked({ isOpen: true });
    await withData(hub);
    for (const one of routes) {
      const { status } = await hub.ask(lineOf(one), { body: bodyOf(one, hub) });
      expect({ name: one.name, isIn: status !== 401 && status !== 403 }).toEqual({
        name: one.name,
        isIn: one.scope !== "admin",
      });
    }
  });

  test("stands in the API document, with its parameters and its scope", () => {
    const document = openApiOf(routes, { url: "https://hub.example", program: "1.0.0" });
    const paths = document["paths"] as Record<string, Record<string, { operationId: string; parameters: object[] }>>;
    for (const { name, path, method, scope } of routes) {
      const operation = paths[path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
      expect(operation).toMatchObject({ operationId: name, ...(scope === null ? {} : { "x-scope": scope }) });
    }
    expect(paths["/api/v1/sessions/{session}"]?.["get"]?.parameters).toContainEqual(
      expect.objectContaining({ name: "session", in: "path", required: true }),
    );
    expect(Object.keys(paths)).toContain("/v1/events");
    expect(JSON.stringify(document)).not.toContain("undefined");
  });
});
