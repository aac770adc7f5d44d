import { describe, expect, test } from "bun:test";
import { asked, readerOf } from "./harness.ts";
import { bearer, served } from "../server-harness.ts";
import { operator } from "../harness.ts";
import { machineWithSession, sampleFrame } from "./sample.ts";
import { sessionOf } from "../harness.ts";
import type { ListenOptions } from "../../../src/hub/HttpServer.ts";

/** A hub that listens and answers with the data of its own connection. */
function listening(options: Partial<ListenOptions> = {}) {
  const place: { read?: ListenOptions["read"] } = {};
  const made = served({
    read: (...given) => (place.read ?? (() => Promise.reject(new Error("too early"))))(...given),
    ...options,
  });
  place.read = readerOf(made.hub);
  return made;
}

/** The curl lines of programs that send to other collectors, with their hosts. */
const CURL_LINES = [
  "curl http://localhost:3000/api/machines",
  "curl http://localhost:3000/api/usage/aggregate",
  `curl -X POST http://localhost:19777/ingest \\
  -H 'Content-Type: application/json' \\
  -d '[{"id":"test-1","session_id":"s1","source":"claude_code","msg_type":"user","timestamp":"2026-02-06T00:00:00Z","content":"hello world","source_schema_version":1}]'`,
  "curl http://localhost:19777/api/sync",
];

/** Server-sent events of a stream, one by one; null at its end. */
function eventsOf(response: Response): () => Promise<{ event: string; id: string; data: unknown } | null> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let held = "";
  return async () => {
    for (;;) {
      const end = held.indexOf("\n\n");
      if (end >= 0) {
        const lines = held.slice(0, end).split("\n");
        held = held.slice(end + 2);
        const field = (name: string): string =>
          lines.find((one) => one.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
        if (field("event") !== "") return { event: field("event"), id: field("id"), data: JSON.parse(field("data")) };
        continue;
      }
      const { done, value } = await reader.read();
      if (done) return null;
      held += Buffer.from(value).toString();
    }
  };
}

/** Messages of a WebSocket, one by one; null when it is closed. */
async function socketAt(address: string, token: string | null) {
  const headers = token === null ? {} : bearer(token);
  const socket = new WebSocket(`${address.replace("http", "ws")}/ws`, { headers } as unknown as string[]);
  const arrived: (Record<string, unknown> | null)[] = [];
  let wake = (): void => undefined;
  const take = (one: Record<string, unknown> | null): void => {
    arrived.push(one);
    wake();
  };
  socket.addEventListener("message", ({ data }: MessageEvent<string>) =>
    take(JSON.parse(data) as Record<string, unknown>),
  );
  socket.addEventListener("close", () => take(null));
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error("not opened")));
  });
  const next = async (type?: string): Promise<Record<string, unknown> | null> => {
    for (;;) {
      const index = arrived.findIndex((one) => one === null || type === undefined || one["type"] === type);
      if (index >= 0) return arrived.splice(0, index + 1).at(-1) ?? null;
      await new Promise<void>((resolve) => void (wake = resolve));
    }
  };
  return { send: (one: object) => socket.send(JSON.stringify(one)), next, [Symbol.dispose]: () => socket.close() };
}

describe("a hub that listens", () => {
  test.if(Bun.which("curl") !== null)("answers the curl lines of programs that know other collectors", async () => {
    await using made = listening({ isOpen: true });
    await machineWithSession(made.hub, "laptop");
    const answers: unknown[] = [];
    for (const line of CURL_LINES) {
      const own = line.replace(/http:\/\/localhost:\d+/, made.server.address).replace("curl ", "curl -sS --fail ");
      const child = Bun.spawn(["sh", "-c", own], { stdout: "pipe", stderr: "pipe" });
      const [text, problem] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      expect({ line, problem, code: child.exitCode }).toEqual({ line, problem: "", code: 0 });
      answers.push(JSON.parse(text));
    }
    expect(answers).toMatchObject([
      [{ hostname: "laptop", totalTokens: 150 }],
      { daily: [{ date: "2026-11-29", totalTokens: 150 }], totals: { totalTokens: 150 } },
      { accepted: 1, known: 0, refused: [] },
      { files: [], total: 0 },
    ]);
    const messages = await (await fetch(`${made.server.address}/api/messages?session_id=s1`)).json();
    expect(messages).toMatchObject({ messages: [{ id: "test-1", msg_type: "user", source: "claude-code" }] });
  });

  test("sends commits to a page, goes on after the last one that it saw, and ends when the token is revoked", async () => {
    await using made = listening();
    const token = made.tokenFor("read");
    const machine = sessionOf(
      made.hub,
      made.hub.tokens.create({ name: "m", scope: "machine", machine: "m1", person: "", expires: null }, operator).token,
    );
    made.hub.members.add({ machine: "m1", name: "laptop", person: "", provenance: "machine", born: 1 }, operator);
    made.hub.members.saw("m1", { level: "details" });
    const ask = (headers: object = {}) =>
      fetch(`${made.server.address}/live`, { headers: { ...bearer(token), ...headers } });
    const response = await ask();
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const next = eventsOf(response);
    const hello = await next();
    expect(hello).toMatchObject({ event: "hello", data: { seq: made.hub.live.newest } });
    await machine.ask(sampleFrame("a"));
    const commit = await next();
    expect(commit).toMatchObject({
      event: "commit",
      id: String(made.hub.live.newest),
      data: { machines: [{ machine: "m1", rows: 5 }] },
    });
    // What a page missed while it was away comes as one event.
    for (const [from, name] of [
      [5, "b"],
      [10, "c"],
    ] as const)
      await machine.ask({ ...sampleFrame(name), from, upto: from + 5 });
    const later = eventsOf(await ask({ "last-event-id": String(commit?.id) }));
    await later();
    expect(await later()).toMatchObject({
      event: "commit",
      id: String(made.hub.live.newest),
      data: { machines: [{ machine: "m1", rows: 10 }] },
    });
    expect((await ask({ "last-event-id": "x" })).status).toBe(400);
    made.hub.tokens.revoke("read", operator);
    expect(await later()).toBeNull();
    // What is left is the machine's.
    expect(made.hub.connections.size).toBe(1);
  });

  test("leaves no stream open for a request of its headers alone", async () => {
    using hub = asked();
    const { status, text } = await hub.ask("HEAD /live", { token: hub.tokenFor("read") });
    expect([status, text, hub.hub.connections.size]).toEqual([200, "", 0]);
  });

  test("takes the messages of collectors over a WebSocket, and shows dashboards what changed", async () => {
    await using made = listening();
    using dashboard = await socketAt(made.server.address, made.tokenFor("read"));
    expect(await dashboard.next("global_update")).toMatchObject({
      data: { totals: { totalTokens: 0 }, clientStates: [] },
    });
    using collector = await socketAt(made.server.address, made.tokenFor("write"));
    const entry = {
      type: "usage_entry",
      clientId: "box",
      timestamp: "2026-11-29T11:00:00Z",
      usage: { inputTokens: 100, outputTokens: 20, cacheCreationInputTokens: 0, cacheReadInputTokens: 0 },
      model: "claude-sonnet-4-5-20250929",
      costUSD: 0.01,
      projectPath: "/work/shop",
      sessionId: "s1",
    };
    collector.send(entry);
    const ack = await collector.next();
    expect(ack).toMatchObject({ type: "ack", status: "processed" });
    // The same entry has the same id, and counts once.
    collector.send({ ...entry, messageId: "again" });
    expect(await collector.next()).toMatchObject({ type: "ack", messageId: "again", status: "processed" });
    const sessionBlock = {
      id: "b1",
      startTime: "2026-11-29T10:00:00Z",
      endTime: "2026-11-29T15:00:00Z",
      isActive: true,
      tokenCounts: { inputTokens: 100 },
      burnRate: { tokensPerMinute: 12.5, costPerHour: 1 },
    };
    collector.send({ type: "session_block_update", clientId: "box", sessionBlock });
    expect(await collector.next()).toMatchObject({ messageId: "b1", status: "processed" });
    collector.send({ type: "heartbeat", clientId: "box", timestamp: "2026-11-29T12:00:00Z", status: "idle" });
    expect(await collector.next()).toMatchObject({ status: "processed" });
    collector.send({ type: "usage_entry", clientId: "box" });
    expect(await collector.next()).toMatchObject({ status: "error", error: { code: "bad_frame" } });
    dashboard.send({ type: "heartbeat", clientId: "box", timestamp: 1, status: "idle" });
    expect(await dashboard.next("ack")).toMatchObject({ status: "error", error: { code: "forbidden" } });
    const read = bearer(made.tokenFor("admin"));
    const distributed = await fetch(`${made.server.address}/api/usage/distributed`, { headers: read });
    expect(await distributed.json()).toMatchObject({
      totals: { totalTokens: 120 },
      globalBurnRate: 12.5,
      activeClients: 1,
      aggregatedBlocks: [{ id: "b1", clientId: "box", tokenCounts: { inputTokens: 100 } }],
      clientStates: [{ clientId: "box", usage: { totalTokens: 120 } }],
    });
    made.hub.tokens.revoke("write", operator);
    expect(await collector.next()).toMatchObject({ status: "error", error: { code: "unauthorized" } });
    expect(await collector.next()).toBeNull();
  });

  test("opens no WebSocket of a collector for a machine's token, a wrong one or none", async () => {
    await using made = listening();
    const machine = made.hub.tokens.create(
      { name: "m", scope: "machine", machine: "m1", person: "", expires: null },
      operator,
    );
    const upgrade = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "MDEyMzQ1Njc4OWFiY2RlZg==",
    };
    const statusOf = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${made.server.address}/ws`, { headers: { ...upgrade, ...headers } })).status;
    expect(await statusOf({})).toBe(401);
    expect(await statusOf(bearer("wrong"))).toBe(401);
    expect(await statusOf(bearer(machine.token))).toBe(403);
  });

  const promtool = Bun.which("promtool");
  test.if(promtool !== null)("has metrics that promtool accepts, whatever machines are called", async () => {
    await using made = listening();
    await machineWithSession(made.hub, 'a "quoted" \\ name\nin two lines');
    const text = await (
      await fetch(`${made.server.address}/metrics`, { headers: bearer(made.tokenFor("read")) })
    ).text();
    expect(text).toContain('machine="a \\"quoted\\" \\\\ name\\nin two lines"');
    expect(text).not.toContain("person");
    const child = Bun.spawn([promtool ?? "", "check", "metrics"], {
      stdin: Buffer.from(text),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, problem] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    expect({ out, problem, code: child.exitCode }).toEqual({ out: "", problem: "", code: 0 });
  });
});
