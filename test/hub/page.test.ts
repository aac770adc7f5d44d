import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { allowedEncodings } from "../../src/hub/page/encodings.ts";
import type { PageFile } from "../../src/hub/page/files.ts";
import { putAddress } from "../../src/hub/store.ts";
import { hubOf, joined, NOW, operator } from "./harness.ts";
import { asked } from "./routes/harness.ts";
import { bearer, served } from "./server-harness.ts";

const fileOf = (type: string, text: string): PageFile => {
  const body = Buffer.from(text);
  return { type, body, gzip: gzipSync(body), zstd: zstdCompressSync(body), etag: `tag-of-${text.length}` };
};
const page = new Map([
  ["/", fileOf("text/html; charset=utf-8", "<!doctype html><title>page</title>")],
  ["/assets/index-abc.js", fileOf("text/javascript; charset=utf-8", "start();".repeat(50))],
]);
/** The answer as it was sent: not decompressed. */
const rawOf = (url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> =>
  fetch(url, { headers, method, decompress: false, redirect: "manual" } as RequestInit);

describe("the files of the page", () => {
  test("are answered at each address of the page without a token, and never at those of the API", async () => {
    await using hub = served({ page: () => page });
    const typeAt = async (path: string, method = "GET"): Promise<string> => {
      const { status, headers } = await rawOf(hub.server.address + path, {}, method);
      return `${status} ${headers.get("content-type")}`;
    };
    for (const path of ["/", "/usage?last=7d", "/machines", "/sessions", "/sessions/a%2Fb", "/sessions/a/b", "/usage/"])
      expect([path, await typeAt(path)]).toEqual([path, "200 text/html; charset=utf-8"]);
    expect(await typeAt("/assets/index-abc.js")).toBe("200 text/javascript; charset=utf-8");
    for (const path of ["/assets/", "/assets/../", "/assets/other.js", "/assets/%2e%2e/%2e%2e/etc/passwd", "/nothing"])
      expect((await typeAt(path)).slice(0, 3)).toBe(path === "/assets/../" ? "200" : "404");
    for (const path of ["/api", "/api/v1", "/api/v1/machines/x/y", "/v1", "/v1/join", "/api/v1/reports/daily"])
      expect(await typeAt(path)).toMatch(/^4\d\d application\/json/);
    expect(await typeAt("/", "POST")).toMatch(/^404 application\/json/);
    expect(await typeAt("/sessions", "DELETE")).toMatch(/^405 application\/json/);
  });

  test("show in a browser that nothing is at an address; programs get JSON", async () => {
    await using hub = served({ page: () => page });
    const typeAt = async (path: string, accept: string): Promise<string> => {
      const { status, headers } = await rawOf(hub.server.address + path, { accept, "if-none-match": '"tag-of-33"' });
      return `${status} ${headers.get("content-type")}`;
    };
    const browser = "text/html,application/xhtml+xml,*/*;q=0.8";
    for (const path of ["/nothing", "/usage/nothing", "/machines/laptop"]) {
      expect([path, await typeAt(path, browser)]).toEqual([path, "404 text/html; charset=utf-8"]);
      expect(await typeAt(path, "*/*")).toMatch(/^404 application\/json/);
    }
    for (const path of ["/api", "/api/v1/nothing", "/v1/nothing", "/assets/other.js"])
      expect(await typeAt(path, browser)).toMatch(/^4\d\d application\/json/);
  });

  test("come in the encoding that the browser wants most, and only once while they stay the same", async () => {
    await using hub = served({ page: () => page });
    const url = `${hub.server.address}/assets/index-abc.js`;
    const plain = page.get("/assets/index-abc.js")?.body;
    const tags = new Set<string>();
    for (const [wanted, encoding, decode] of [
      ["gzip, deflate, br, zstd", "zstd", zstdDecompressSync],
      ["zstd;q=0.5, gzip", "gzip", gunzipSync],
      ["br", null, (bytes: Uint8Array) => Buffer.from(bytes)],
    ] as const) {
      const answer = await rawOf(url, { "accept-encoding": wanted });
      expect([answer.status, answer.headers.get("content-encoding")]).toEqual([200, encoding]);
      expect(answer.headers.get("vary")).toBe("accept-encoding");
      expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      const length = Number(answer.headers.get("content-length"));
      expect(decode(await answer.bytes()).equals(Buffer.from(plain ?? []))).toBe(true);
      const etag = answer.headers.get("etag") ?? "";
      tags.add(etag);
      const again = await rawOf(url, { "accept-encoding": wanted, "if-none-match": `"x", W/${etag}` });
      expect([again.status, again.headers.get("etag"), await again.text()]).toEqual([304, etag, ""]);
      expect((await rawOf(url, { "accept-encoding": wanted, "if-none-match": '"x"' })).status).toBe(200);
      const head = await rawOf(url, { "accept-encoding": wanted }, "HEAD");
      expect([head.status, Number(head.headers.get("content-length")), await head.text()]).toEqual([200, length, ""]);
    }
    expect(tags.size).toBe(3);
    expect((await rawOf(`${hub.server.address}/usage`)).headers.get("cache-control")).toBe("no-cache");
  });

  test("can run their own scripts only, in no frame, and show their address to nobody", async () => {
    await using hub = served({ page: () => page });
    const { headers } = await rawOf(hub.server.address);
    const policy = headers.get("content-security-policy")?.split("; ") ?? [];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy.filter((one) => /unsafe|\*|https?:/.test(one))).toEqual([]);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("set-cookie")).toBeNull();
  });

  test("are for the server's own names and pages, like everything else", async () => {
    await using hub = served({ page: () => page });
    const { address } = hub.server;
    const statusOf = async (path: string, headers: Record<string, string>, method = "GET"): Promise<number> =>
      (await rawOf(address + path, headers, method)).status;
    expect(await statusOf("/", { host: "evil.example" })).toBe(403);
    expect(await statusOf("/", { origin: "https://evil.example" })).toBe(403);
    expect(await statusOf("/v1/page", { origin: "null" }, "POST")).toBe(403);
    expect(await statusOf("/v1/page", { origin: "http://127.0.0.1:1" }, "POST")).toBe(403);
    expect(await statusOf("/", { origin: address })).toBe(200);
  });
});

test("the encodings of a request are those that it names, by weight, and what the server likes best first", () => {
  expect(allowedEncodings(null)).toEqual(["identity"]);
  expect(allowedEncodings("")).toEqual(["identity"]);
  expect(allowedEncodings("*")).toEqual(["zstd", "gzip", "identity"]);
  expect(allowedEncodings("GZIP;Q=0.2, zstd;q=0.1")).toEqual(["gzip", "zstd", "identity"]);
  expect(allowedEncodings("identity, gzip;q=0.5")).toEqual(["identity", "gzip"]);
  expect(allowedEncodings("zstd;q=0, *;q=0.3")).toEqual(["gzip", "identity"]);
  expect(allowedEncodings("gzip;q=0.000, identity;q=0")).toEqual([]);
});

describe("the code of a page", () => {
  test("is exchanged once for a token that reads for 30 days", async () => {
    using hub = asked();
    const { code, expiresAt } = hub.hub.tokens.pageCode("read", operator);
    expect(expiresAt).toBe(NOW + 60_000);
    expect(Buffer.from(code, "base64url").length).toBe(16);
    const first = await hub.ask("POST /v1/page", { body: { code } });
    const { token } = first.body as { token: string };
    expect(first.body).toEqual({ token, expiresAt: new Date(NOW + 30 * 86_400_000).toISOString() } as never);
    expect((await hub.ask("POST /v1/page", { body: { code } })).status).toBe(401);
    expect((await hub.ask("GET /api/v1/machines", { token })).status).toBe(200);
    expect((await hub.ask("GET /api/v1/audit", { token })).status).toBe(403);
    expect(hub.hub.tokens.all()).toMatchObject([{ name: "page of operator", scope: "read", machine: null }]);
    expect(JSON.stringify(hub.hub.audit(10))).not.toContain(code);
    hub.clock.pass(30 * 86_400_000);
    expect((await hub.ask("GET /api/v1/machines", { token })).status).toBe(401);
  });

  test("is worth nothing after a minute, and neither is a guessed one", async () => {
    using hub = asked();
    const { code } = hub.hub.tokens.pageCode("read", operator);
    expect((await hub.ask("POST /v1/page", { body: { code: `${code.slice(0, -1)}!` } })).status).toBe(401);
    hub.clock.pass(60_000);
    expect((await hub.ask("POST /v1/page", { body: { code } })).status).toBe(401);
    expect(hub.hub.tokens.all()).toEqual([]);
  });

  test("is refused to an address that guessed too often, even the right one", async () => {
    await using hub = served();
    const statusOf = async (code: string): Promise<number> => (await hub.post("/v1/page", { code })).status;
    for (let at = 0; at < 60; at++) expect(await statusOf(`guess-${at}`)).toBe(401);
    const { code } = hub.hub.tokens.pageCode("read", operator);
    expect(await statusOf(code)).toBe(429);
    hub.clock.pass(30_000);
    expect(await statusOf(code)).toBe(201);
  });

  test("never allows more than the token that asked for it, and its token ends with that one", async () => {
    using hub = asked();
    const scopeAsked = (token: string | null, body: object = {}) =>
      hub
        .ask("POST /api/v1/page-codes", { token, body })
        .then((one) => ({ status: one.status, ...(one.body as object) }));
    const key = hub.tokenFor("read", { name: "grafana", expires: NOW + 86_400_000 });
    expect(await scopeAsked(key, { scope: "admin" })).toMatchObject({ status: 403 });
    expect(await scopeAsked(hub.tokenFor("write"))).toMatchObject({ status: 403 });
    const { code } = (await scopeAsked(key)) as unknown as { code: string };
    const let1 = await hub.ask("POST /v1/page", { body: { code } });
    const { token, expiresAt } = let1.body as { token: string; expiresAt: string };
    expect(Date.parse(expiresAt)).toBe(NOW + 86_400_000);
    // A page that lets in another one does not live longer by it, nor does the other.
    const child = (await scopeAsked(token)) as unknown as { code: string };
    const let2 = await hub.ask("POST /v1/page", { body: { code: child.code } });
    const inherited = (let2.body as { token: string }).token;
    const late = (await scopeAsked(key)) as unknown as { code: string };
    hub.hub.tokens.revoke("grafana", operator);
    for (const one of [key, token, inherited])
      expect((await hub.ask("GET /api/v1/machines", { token: one })).status).toBe(401);
    expect((await hub.ask("POST /v1/page", { body: { code: late.code } })).status).toBe(401);
  });

  test("of a machine's reading key ends with the machine's login", async () => {
    using hub = asked();
    const { readToken = "", machine } = joined(hub.hub, "laptop", "m1", true);
    const made = await hub.ask("POST /api/v1/page-codes", { token: readToken, body: {} });
    const { code } = made.body as { code: string };
    const { token } = (await hub.ask("POST /v1/page", { body: { code } })).body as { token: string };
    expect((await hub.ask("GET /api/v1/about", { token })).body).toMatchObject({ kind: "hub", scope: "read" });
    hub.hub.members.revoke(machine, operator);
    expect((await hub.ask("GET /api/v1/about", { token })).status).toBe(401);
  });

  test("is refused where a hub asks nobody for a token", async () => {
    using hub = asked({ isOpen: true });
    expect((await hub.ask("POST /api/v1/page-codes", { body: {} })).status).toBe(400);
  });
});

test("a page with an admin's token invites, renames and revokes machines from the hub's own address", async () => {
  await using hub = served({ page: () => page });
  const { address } = hub.server;
  putAddress(hub.hub.ledger, { url: "https://hub.example", pin: null });
  joined(hub.hub, "laptop");
  const { code } = hub.hub.tokens.pageCode("admin", operator);
  const { token } = (await (await hub.post("/v1/page", { code }, { origin: address })).json()) as { token: string };
  const statusOf = async (line: string, body?: object, origin = address): Promise<number> => {
    const [method = "", path = ""] = line.split(" ");
    const sent = body && { body: JSON.stringify(body) };
    return (await fetch(address + path, { method, headers: { ...bearer(token), origin }, ...sent })).status;
  };
  expect(await statusOf("POST /api/v1/invitations", { name: "phone" })).toBe(201);
  expect(await statusOf("PATCH /api/v1/machines/laptop", { name: "tower" })).toBe(200);
  expect(await statusOf("DELETE /api/v1/machines/tower", undefined, "https://evil.example")).toBe(403);
  expect(hub.hub.members.find("tower")?.revoked).toBeNull();
  expect(await statusOf("DELETE /api/v1/machines/tower")).toBe(200);
  expect(hub.hub.members.find("tower")?.revoked).toBe(NOW);
  expect(hub.hub.audit(1)).toMatchObject([{ actor: "page of operator" }]);
});

test("a hub's file from before there was a page gets what a page needs", () => {
  const folder = mkdtempSync(join(tmpdir(), "pawprint-page-"));
  try {
    const path = join(folder, "hub.db");
    {
      using made = hubOf(path);
      made.hub.ledger.database.run("DROP TABLE page");
      made.hub.ledger.database.run("UPDATE meta SET value = '1' WHERE name = 'version:hub'");
    }
    using again = hubOf(path);
    const { tokens } = again.hub;
    expect(tokens.identify(tokens.redeemPage(tokens.pageCode("read", operator).code).token).scope).toBe("read");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a page's token that is revoked ends the page's stream of commits", async () => {
  await using hub = served({ page: () => page });
  const { code } = hub.hub.tokens.pageCode("read", operator);
  const { token } = (await (await hub.post("/v1/page", { code })).json()) as { token: string };
  const stream = await fetch(`${hub.server.address}/live`, { headers: bearer(token) });
  const reader = stream.body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain("event: hello");
  hub.hub.tokens.revoke("page of operator", operator);
  expect((await reader?.read())?.done).toBe(true);
});

test("the pages of one token are a hundred at most: the first one ends, and no ended one stays", () => {
  using hub = asked();
  const { tokens } = hub.hub;
  const open = (): string => tokens.redeemPage(tokens.pageCode("read", operator).code).token;
  const [first = "", second = ""] = Array.from({ length: 101 }, () => {
    hub.clock.pass(1);
    return open();
  });
  expect(tokens.all().length).toBe(100);
  expect(() => tokens.identify(first)).toThrow("the token is unknown");
  expect(tokens.identify(second).name).toBe("page of operator");
  hub.clock.pass(70 * 86_400_000);
  open();
  open();
  expect(tokens.all().length).toBe(2);
  expect(hub.hub.ledger.database.query("SELECT COUNT(*) AS n FROM page").get()).toEqual({ n: 2 });
});
