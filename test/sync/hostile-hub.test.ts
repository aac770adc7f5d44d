import { expect, test } from "bun:test";
import { newKey, selfSigned } from "../../src/hub/certificate.ts";
import { decodeFrame } from "../../src/model/frame-coding.ts";
import { wireLimits } from "../../src/model/wire.ts";
import { askHub, trustOf } from "../../src/sync/hub-address.ts";
import { pinOf } from "../../src/sync/pin.ts";
import { webSocketLink } from "../../src/sync/web-socket-link.ts";

/** Asks a server with a key of its own that serves a certificate for some names, by a pin. */
async function asked(key: ReturnType<typeof newKey>, names: readonly string[], pin: string): Promise<string> {
  const tls = { key: key.export({ type: "pkcs8", format: "pem" }), cert: selfSigned(key, names) };
  using server = Bun.serve({ port: 0, hostname: "127.0.0.1", tls, fetch: () => new Response("here") });
  const address = { url: `https://127.0.0.1:${server.port}`, token: "pawm_x", pin };
  return Buffer.from(await askHub(address, "/health", await trustOf(address))).toString();
}

test("a machine knows its hub by the pinned key alone: with another certificate and name, but never with another key", async () => {
  const key = newKey();
  const pin = pinOf(selfSigned(key, ["hub.example"]));
  expect([await asked(key, ["127.0.0.1"], pin), await asked(key, ["other.example"], pin)]).toEqual(["here", "here"]);
  await expect(asked(newKey(), ["127.0.0.1"], pin)).rejects.toMatchObject({ code: "hub_untrusted" });
});

test("a hub cannot make a machine keep more about refused rows than there can be", () => {
  const ack = (count: number, reason: string) => {
    const refused = Array.from({ length: count }, (_, at) => ({ key: `response:${at}`, code: "bad_row", reason }));
    return () => decodeFrame(JSON.stringify({ type: "ack", epoch: "e", upto: 1, refused }));
  };
  expect(ack(wireLimits.rows, "wrong")).not.toThrow();
  expect(ack(1, "x".repeat(1_001))).toThrow("ack.refused.0.reason");
  expect(ack(wireLimits.rows + 1, "wrong")).toThrow("ack.refused");
});

test("a machine takes no compressed message of a hub, which could become any size", async () => {
  let extensions: string | null = "not asked";
  using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request, self) {
      if (!request.url.endsWith("/v1/stream")) return new Response("no", { status: 500 });
      extensions = request.headers.get("sec-websocket-extensions");
      return self.upgrade(request) ? undefined : new Response("no", { status: 500 });
    },
    websocket: { perMessageDeflate: true, message: (socket) => void socket.send("{".repeat(10_000_000), true) },
  });
  const address = { url: server.url.origin, token: "pawm_x", pin: null };
  const code = await new Promise((resolve) =>
    webSocketLink(address)({
      opened: (link) => link.send({ type: "beat", pending: 0, now: 1 }),
      receive: ({ type }) => resolve(type),
      closed: (reason) => resolve(reason?.code),
    }),
  );
  expect([extensions, code]).toEqual([null, "too_large"]);
});

test("a machine stops reading an answer that is too long", async () => {
  const all = 2_000;
  let parts = 0;
  const long = (): ReadableStream =>
    new ReadableStream({
      async pull(stream) {
        stream.enqueue(new Uint8Array(100));
        if (++parts === all) stream.close();
        await Bun.sleep(1);
      },
    });
  using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(long()) });
  const asking = askHub({ url: server.url.origin, token: null, pin: null }, "/health", {}, undefined, 1_000);
  await expect(asking).rejects.toMatchObject({ code: "answer_unusable", message: expect.stringContaining("too much") });
  expect(parts).toBeLessThan(all);
});
