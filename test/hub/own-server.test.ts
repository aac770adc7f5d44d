import { describe, expect, test } from "bun:test";
import { framesByPath } from "../../src/hub/frame-requests.ts";
import { publicError } from "../../src/hub/public-error.ts";
import { OwnServer } from "../../src/hub/page/OwnServer.ts";
import { routes } from "../../src/hub/routes/registry.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { PriceTable } from "../../src/model/price.ts";
import { PawprintError } from "../../src/utils/errors.ts";
import { NOW, StepClock } from "./harness.ts";
import { lineOf } from "./routes/requests.ts";
import { bearer } from "./server-harness.ts";

/** A machine's own ledger in memory, served, and a page that was let in. */
async function opened(failure: { is: Error | null } = { is: null }) {
  const clock = new StepClock();
  const ledger = new Ledger(":memory:", () => "laptop");
  const server = new OwnServer({
    port: 0,
    files: () => new Map(),
    about: { name: "laptop", timezone: "Asia/Kolkata", machines: [{ name: "laptop", person: "" }] },
    program: "1.0.0",
    now: () => clock.now(),
    failed(error) {
      if (error !== failure.is) throw error;
    },
    place: async () => {
      if (failure.is) throw failure.is;
      return {
        queries: ledger.queries,
        now: clock.now(),
        home: "/home/mei",
        assistants: [],
        prices: new PriceTable([]),
        log: async () => [],
        logDirectory: async () => "logs",
      };
    },
  });
  const ask = (line: string, headers: Record<string, string> = {}, body?: object): Promise<Response> => {
    const [method = "", path = ""] = line.split(" ");
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return fetch(server.address + path, { method, headers, ...sent });
  };
  const newCode = (): string => server.pageUrl().slice(`${server.address}/#code=`.length);
  const letIn = (code = newCode()): Promise<Response> => ask("POST /v1/page", {}, { code });
  const { token } = (await (await letIn()).json()) as { token: string };
  const stop = async (): Promise<void> => {
    await server.stop();
    ledger[Symbol.dispose]();
  };
  return { clock, server, ask, newCode, letIn, token, [Symbol.asyncDispose]: stop };
}

describe("the page of a machine's own ledger", () => {
  test("says whose it is, and answers reports, also for its own name, but for no other", async () => {
    await using own = await opened();
    const jsonOf = async (line: string): Promise<unknown> => (await own.ask(line, bearer(own.token))).json();
    expect(await jsonOf("GET /api/v1/about")).toEqual({
      kind: "machine",
      name: "laptop",
      timezone: "Asia/Kolkata",
      machines: [{ name: "laptop", person: "" }],
      program: "1.0.0",
      scope: "read",
    });
    const whole = await jsonOf("GET /api/v1/reports/daily?last=7d");
    expect(whole).toMatchObject({ report: "daily", json: { daily: [] } });
    expect(await jsonOf("GET /api/v1/reports/daily?last=7d&machine=laptop")).toEqual(whole);
    expect((await own.ask("GET /api/v1/reports/daily?machine=tower", bearer(own.token))).status).toBe(400);
    expect((await own.ask("GET /api/v1/reports/daily")).status).toBe(401);
  });

  test("answers nothing else that a hub does", async () => {
    await using own = await opened();
    const known = new Set(["about", "live", "page", "reports"]);
    const lines = [
      ...routes.filter(({ name }) => !known.has(name)).map(lineOf),
      ...[...Object.keys(framesByPath), "/v1/join"].map((path) => `POST ${path}`),
      ...["/v1/stream", "/ws"].map((path) => `GET ${path}`),
    ];
    expect(lines.length).toBeGreaterThan(40);
    for (const line of lines) {
      const body = /^(?:POST|PATCH)/.test(line) ? {} : undefined;
      const { status } = await own.ask(line, bearer(own.token), body);
      expect({ line, status }).toEqual({ line, status: 404 });
    }
  });

  test("says why it fails to its own user, to whom a hub would not name its files", async () => {
    const failure: { is: Error | null } = { is: null };
    await using own = await opened(failure);
    const [message, hint] = ["/home/mei/ledger.db is damaged", "run: pawprint rebuild"];
    const shown = async (error: Error): Promise<unknown> => {
      failure.is = error;
      return (await own.ask("GET /api/v1/reports/daily", bearer(own.token))).json();
    };
    for (const code of ["file_refused", "disk_full"] as const) {
      const error = new PawprintError(code, message, hint);
      expect(await shown(error)).toEqual({ error: { code, message, hint } });
      expect(publicError(error, { failed: () => {} }).message).toBe("the hub failed");
    }
    expect(await shown(new Error("a part of a body"))).toEqual({
      error: { code: "internal", message: "Pawprint failed", hint: "the terminal of pawprint open has the reason" },
    });
  });

  test("is let in once by each code, within a minute, by its own address", async () => {
    await using own = await opened();
    const code = own.newCode();
    const both = await Promise.all([own.letIn(code), own.letIn(code)]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 401]);
    const late = own.newCode();
    own.clock.pass(60_000);
    expect((await own.letIn(late)).status).toBe(401);
    const right = own.newCode();
    expect((await own.ask("POST /v1/page", { host: "evil.example" }, { code: right })).status).toBe(403);
    expect((await own.ask("POST /v1/page", { origin: "http://evil.example" }, { code: right })).status).toBe(403);
    expect((await own.letIn(right)).status).toBe(201);
    for (let at = 0; at < 60; at++) await own.letIn(`guess-${at}`);
    expect((await own.letIn(own.newCode())).status).toBe(429);
    own.clock.pass(31 * 86_400_000);
    expect((await own.ask("GET /api/v1/about", bearer(own.token))).status).toBe(401);
  });

  test("is sent each commit until the server stops", async () => {
    const own = await opened();
    const stream = (await own.ask("GET /live", bearer(own.token))).body?.getReader();
    const next = async (): Promise<string> => Buffer.from((await stream?.read())?.value ?? []).toString();
    expect(await next()).toContain("event: hello");
    own.server.live.publish(NOW, [{ machine: "m1", rows: 3, upto: 3, newest: NOW }]);
    expect(await next()).toContain('"rows":3');
    await own[Symbol.asyncDispose]();
    expect(await next()).toBe("");
  });
});
