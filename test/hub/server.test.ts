import { describe, expect, test } from "bun:test";
import { heapStats } from "bun:jsc";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { isFor, newKey, selfSigned } from "../../src/hub/certificate.ts";
import { decodeFrame, encodeFrame } from "../../src/model/frame-coding.ts";
import { pinOf } from "../../src/sync/pin.ts";
import { PawprintError } from "../../src/utils/errors.ts";
import { eventsOf, expectFrame, helloOf, NOW, operator } from "./harness.ts";
import { bearer, joinBody, served, streamOf } from "./server-harness.ts";

const errorOf = async (response: Response): Promise<unknown[]> => {
  const { error } = (await response.json()) as { error: { code: string } };
  return [response.status, error.code];
};

describe("a hub's server", () => {
  test("takes a machine by an invitation, which is valid once, and its rows by requests", async () => {
    await using hub = served();
    const code = hub.invite("laptop");
    const { token, ...joined } = (await (await hub.post("/v1/join", joinBody(code))).json()) as { token: string };
    expect(joined).toEqual({ machine: "m1", name: "laptop", key: hub.hub.key, level: "metrics" } as never);
    expect(await errorOf(await hub.post("/v1/join", joinBody(code, "m2")))).toEqual([401, "unauthorized"]);
    const ask = async (path: string, body: object) =>
      decodeFrame(await (await hub.post(path, body, bearer(token))).text());
    expect(expectFrame(await ask("/v1/hello", helloOf("m1")), "welcome").acked).toBe(0);
    expect(expectFrame(await ask("/v1/events", eventsOf(0, 2)), "ack").upto).toBe(2);
    expect(expectFrame(await ask("/v1/hello", helloOf("m1")), "welcome").acked).toBe(2);
    const wrong = await hub.post("/v1/events", eventsOf(9, 10), bearer(token));
    expect([wrong.status, expectFrame(decodeFrame(await wrong.text()), "stop").code]).toEqual([409, "busy"]);
  });

  test("cuts off a subscriber who does not read", async () => {
    await using hub = served();
    const { hostname, port } = new URL(hub.server.address);
    const token = hub.tokenFor("read");
    using place = new DisposableStack();
    const socket = connect(Number(port), hostname);
    place.defer(() => socket.destroy());
    const upgrade = { upgrade: "websocket", connection: "upgrade", "sec-websocket-version": "13", ...bearer(token) };
    const lines = Object.entries({
      host: `${hostname}:${port}`,
      "sec-websocket-key": btoa("0123456789abcdef"),
      ...upgrade,
    });
    socket.write(`GET /v1/stream HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
    await once(socket, "data");
    socket.pause();
    const subscribe = Buffer.from(encodeFrame({ type: "subscribe" }));
    // A masked text of less than 126 bytes, with a mask of zeros.
    socket.write(Buffer.concat([Buffer.from([0x81, 0x80 + subscribe.length, 0, 0, 0, 0]), subscribe]));
    const { live } = hub.hub;
    const machines = Array.from({ length: 4_000 }, (_, at) => ({
      machine: `machine-${at}`,
      rows: 1,
      upto: 1,
      newest: 1,
    }));
    while (live.subscribers === 0) await Bun.sleep(1);
    for (let commit = 0; commit < 1_000 && live.subscribers > 0; commit++) {
      live.publish(commit, machines);
      await Bun.sleep(0);
    }
    expect(live.subscribers).toBe(0);
  });

  test("keeps nothing of the requests by which streams were opened", async () => {
    await using hub = served();
    const kept = (): number => {
      Bun.gc(true);
      return heapStats().objectTypeCounts["Request"] ?? 0;
    };
    const before = kept();
    using streams = new DisposableStack();
    for (let machine = 0; machine < 40; machine++) {
      const joined = await hub.post("/v1/join", {
        ...joinBody(hub.invite(`m${machine}`), `m${machine}`),
        name: `m${machine}`,
      });
      const { token } = (await joined.json()) as { token: string };
      streams.use(await streamOf(hub.server.address, token));
    }
    expect(kept() - before).toBeLessThan(10);
  });

  test("lets a reinstalled machine go on under its name, and ends the token of before", async () => {
    await using hub = served();
    const join = async (machine: string) =>
      (await (await hub.post("/v1/join", joinBody(hub.invite("laptop"), machine))).json()) as {
        token: string;
        machine: string;
      };
    const before = await join("m1");
    using stream = await streamOf(hub.server.address, before.token);
    const after = await join("m2");
    expect(after.machine).toBe("m1");
    expect(expectFrame((await stream.next()) ?? undefined, "stop").code).toBe("unauthorized");
    expect(await errorOf(await hub.post("/v1/hello", helloOf("m1"), bearer(before.token)))).toEqual([
      401,
      "unauthorized",
    ]);
    expect(hub.hub.members.all().map(({ name, revoked }) => [name, revoked])).toEqual([["laptop", null]]);
    // A ledger that the hub knows under another name would take that one's place.
    expect(await errorOf(await hub.post("/v1/join", joinBody(hub.invite("other"), "m1")))).toEqual([
      409,
      "machine_known",
    ]);
  });

  test("lets a machine join by a token that may write, and by no other one", async () => {
    await using hub = served();
    const { token } = (await (await hub.post("/v1/join", joinBody(hub.invite("laptop")))).json()) as { token: string };
    const { code: _, ...body } = joinBody("", "m2");
    for (const other of [hub.tokenFor("read"), token])
      expect(await errorOf(await hub.post("/v1/join", { ...body, name: "other" }, bearer(other)))).toEqual([
        403,
        "forbidden",
      ]);
    expect((await hub.post("/v1/join", { ...body, name: "other" }, bearer(hub.tokenFor("write")))).status).toBe(200);
    expect(hub.hub.members.all().map(({ name }) => name)).toEqual(["laptop", "other"]);
  });

  test("carries frames both ways on a stream, and each commit to subscribers", async () => {
    await using hub = served();
    const { token } = (await (await hub.post("/v1/join", joinBody(hub.invite("laptop")))).json()) as { token: string };
    using reader = await streamOf(hub.server.address, hub.tokenFor("read"));
    reader.send({ type: "subscribe" });
    using machine = await streamOf(hub.server.address, token);
    machine.send(helloOf("m1"));
    expect((await machine.next())?.type).toBe("welcome");
    for (const from of [0, 2, 4]) machine.send(eventsOf(from, from + 2));
    const acks = [await machine.next(), await machine.next(), await machine.next()];
    expect(acks.map((frame) => expectFrame(frame ?? undefined, "ack").upto)).toEqual([2, 4, 6]);
    let rows = 0;
    while (rows < 6)
      rows +=
        expectFrame((await reader.next()) ?? undefined, "commit").machines.find(({ machine }) => machine === "m1")
          ?.rows ?? NaN;
    expect(rows).toBe(6);
  });

  test("ends the open stream of a revoked machine, and of a token that another process revoked", async () => {
    await using hub = served();
    const { token } = (await (await hub.post("/v1/join", joinBody(hub.invite("laptop")))).json()) as { token: string };
    using machine = await streamOf(hub.server.address, token);
    using reader = await streamOf(hub.server.address, hub.tokenFor("read"));
    hub.hub.members.revoke("laptop", operator);
    expect(expectFrame((await machine.next()) ?? undefined, "stop").code).toBe("unauthorized");
    expect(await machine.next()).toBeNull();
    hub.hub.ledger.database.run("UPDATE token SET revoked = 1 WHERE scope = 'read'");
    hub.hub.tick();
    expect(expectFrame((await reader.next()) ?? undefined, "stop").code).toBe("unauthorized");
  });

  test("refuses hosts that are not this hub and pages of other origins", async () => {
    await using hub = served({ corsOrigin: "https://page.example" });
    const get = (headers: Record<string, string>) => fetch(`${hub.server.address}/health`, { headers });
    expect((await get({})).status).toBe(200);
    expect(await errorOf(await get({ host: "evil.example" }))).toEqual([403, "forbidden"]);
    expect(await errorOf(await get({ origin: "https://evil.example" }))).toEqual([403, "forbidden"]);
    expect(await errorOf(await get({ origin: "null" }))).toEqual([403, "forbidden"]);
    const allowed = await get({ origin: "https://page.example" });
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([200, "https://page.example"]);
    await using closed = served();
    const response = await fetch(`${closed.server.address}/health`, { headers: { origin: closed.server.address } });
    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([200, null]);
  });

  test("answers what it cannot read with a code, stores nothing and stays alive", async () => {
    await using hub = served();
    const { token } = (await (await hub.post("/v1/join", joinBody(hub.invite("laptop")))).json()) as { token: string };
    const send = (path: string, body: string | Uint8Array) => hub.post(path, body, bearer(token));
    const bomb = Buffer.concat([Buffer.from([2]), Bun.zstdCompressSync(Buffer.alloc(50_000_000))]);
    expect(await errorOf(await send("/v1/hello", "{"))).toEqual([400, "bad_frame"]);
    expect(await errorOf(await send("/v1/hello", '{"type":"wish"}'))).toEqual([426, "wrong_version"]);
    expect(await errorOf(await send("/v1/hello", '{"type":"beat","pending":1,"now":1}'))).toEqual([400, "bad_frame"]);
    expect(await errorOf(await send("/v1/events", bomb))).toEqual([413, "too_large"]);
    expect(await errorOf(await hub.post("/v1/join", "[]"))).toEqual([400, "bad_usage"]);
    expect(await errorOf(await hub.post("/v1/hello", helloOf("m1")))).toEqual([401, "unauthorized"]);
    expect((await send("/v1/events", new Uint8Array(1_100_000))).status).toBe(413);
    expect((await fetch(`${hub.server.address}/v1/stream`, { headers: bearer(token) })).status).toBe(400);
    using stream = await streamOf(hub.server.address, token);
    stream.socket.send(new Uint8Array(1_100_000).fill(1));
    expect(expectFrame((await stream.next()) ?? undefined, "stop").code).toBe("too_large");
    expect(hub.hub.ledger.database.query("SELECT 1 FROM journal").all()).toEqual([]);
    expect((await fetch(`${hub.server.address}/health`)).status).toBe(200);
  });

  test("shows nobody why a route failed, and says so in its log", async () => {
    const noted: unknown[] = [];
    const failures = [new Error("/home/mei/secret"), new PawprintError("write_failed", "/home/mei/hub.db", "no space")];
    const reasons = [...failures];
    const read = () => Promise.reject(failures.shift() ?? new Error("asked too often"));
    await using hub = served({ read }, undefined, (error) => noted.push(error));
    const token = hub.tokenFor("read");
    const ask = async (): Promise<unknown> =>
      await (await fetch(`${hub.server.address}/api/v1/usage`, { headers: bearer(token) })).json();
    const shown = { message: "the hub failed", hint: "its log has the reason" };
    expect([await ask(), await ask()]).toEqual([
      { error: { code: "internal", ...shown } },
      { error: { code: "write_failed", ...shown } },
    ]);
    expect(noted).toEqual(reasons);
  });

  test("stops to try codes and tokens of an address that sent too many wrong ones", async () => {
    await using hub = served();
    const codes: unknown[] = [];
    for (let at = 0; at < 61; at++) codes.push((await hub.post("/v1/join", joinBody(`wrong-${at}`))).status);
    expect([codes.slice(0, 60).every((status) => status === 401), codes.at(-1)]).toEqual([true, 429]);
    expect((await hub.post("/v1/join", joinBody(hub.invite("laptop")))).status).toBe(429);
    hub.clock.pass(60_000);
    expect((await hub.post("/v1/join", joinBody(hub.invite("laptop")))).status).toBe(200);
  });

  test("keeps no machine out because a stranger behind the same proxy tries wrong codes", async () => {
    await using hub = served({ url: "https://hub.example" });
    const codes = Array.from({ length: 150 }, (_, at) => hub.post("/v1/join", joinBody(`wrong-${at}`)));
    expect(new Set((await Promise.all(codes)).map(({ status }) => status))).toEqual(new Set([401, 429]));
    expect((await hub.post("/v1/join", joinBody(hub.invite("laptop")))).status).toBe(200);
  });

  test("lets requests without a token read only where it is open", async () => {
    await using closed = served();
    expect(await errorOf(await fetch(`${closed.server.address}/api/v1/machines`))).toEqual([401, "unauthorized"]);
    await using open = served({ isOpen: true });
    expect((await fetch(`${open.server.address}/api/v1/machines`)).status).toBe(200);
    expect(await errorOf(await open.post("/v1/hello", helloOf("m1")))).toEqual([401, "unauthorized"]);
  });
});

describe("a certificate that a hub made itself", () => {
  test("serves requests and streams to those who know it, under each of its names", async () => {
    const key = newKey();
    const names = ["localhost", "127.0.0.1", "::1", "hub.example"];
    const cert = selfSigned(key, names);
    const tls = { key: key.export({ type: "pkcs8", format: "pem" }), cert };
    await using hub = served({ tls });
    expect(hub.server.address).toStartWith("https://127.0.0.1:");
    const trusted = await fetch(`${hub.server.address}/health`, { tls: { ca: cert } });
    expect(trusted.status).toBe(200);
    expect(fetch(`${hub.server.address}/health`)).rejects.toThrow("self signed");
    using stream = await streamOf(hub.server.address, hub.tokenFor("read"), { tls: { ca: cert } });
    stream.send({ type: "beat", pending: 0, now: NOW });
    expect(expectFrame((await stream.next()) ?? undefined, "stop").code).toBe("forbidden");
  });

  test("is made anew for another name, with the same pin", () => {
    const key = newKey();
    const [one, two] = [
      selfSigned(key, ["localhost"]),
      selfSigned(key, ["localhost", "fd00::12:3", "::ffff:192.0.2.7"]),
    ];
    expect(pinOf(one)).toBe(pinOf(two));
    expect([isFor(one, ["localhost"]), isFor(one, ["fd00::12:3"])]).toEqual([true, false]);
    expect(isFor(two, ["::ffff:192.0.2.7", "fd00::12:3", "localhost"])).toBe(true);
    expect(pinOf(selfSigned(newKey(), []))).not.toBe(pinOf(one));
  });

  test("has no end, is signed by its own key, and vouches for no other certificate", () => {
    const read = new X509Certificate(selfSigned(newKey(), ["localhost"]));
    expect([read.verify(read.publicKey), read.ca, read.validFrom, read.validTo]).toEqual([
      true,
      false,
      "Jan  1 00:00:00 1970 GMT",
      "Dec 31 23:59:59 9999 GMT",
    ]);
  });

  test.if(Bun.which("openssl") !== null)("is accepted by openssl, by the strict rules too", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "pawprint-certificate-")), "hub.pem");
    await Bun.write(file, selfSigned(newKey(), ["hub.example", "192.0.2.7", "fd00::12:3"]));
    const names = ["-verify_hostname", "hub.example", "-purpose", "sslserver", "-x509_strict"];
    const { exitCode, stderr } = Bun.spawnSync(["openssl", "verify", ...names, "-CAfile", file, file]);
    rmSync(dirname(file), { recursive: true });
    expect([exitCode, stderr.toString()]).toEqual([0, ""]);
  });
});
