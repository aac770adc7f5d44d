import { describe, expect, test } from "bun:test";
import { Uploads } from "../../../src/hub/uploads/Uploads.ts";
import { NOW } from "../harness.ts";
import { asked } from "./harness.ts";
import { machineWithSession } from "./sample.ts";

const day = (date: string, tokens: number) => ({
  date,
  inputTokens: tokens,
  outputTokens: 0,
  cacheCreationTokens: 0,
  cacheReadTokens: 0,
  totalTokens: tokens,
  totalCost: 1.5,
  modelsUsed: ["claude-3-5-sonnet-20241022"],
});
const message = (id: string, more: object = {}) => ({
  id,
  session_id: "s1",
  source: "claude_code",
  msg_type: "assistant",
  timestamp: "2026-11-28T10:00:00Z",
  content: "a secret text",
  model: "claude-sonnet-4-5-20250929",
  tokens: { input_tokens: 10, output_tokens: 5 },
  source_schema_version: 1,
  ...more,
});

describe("what programs without a journal upload", () => {
  test("counts on days that no journal covers, and is never added to the others", async () => {
    using hub = asked();
    await machineWithSession(hub.hub, "laptop");
    const [read, write] = [hub.tokenFor("read"), hub.tokenFor("write")];
    const body = { machineId: "old-mac", data: [day("2026-11-28", 1_000), day("2026-11-29", 7_000)] };
    const sent = await hub.ask("POST /api/usage", { token: write, body });
    expect([sent.status, sent.body]).toMatchObject([200, { success: true, machineId: "old-mac", days: 2 }]);
    // Sent again, nothing changes.
    await hub.ask("POST /api/usage", { token: write, body });
    const all = await hub.ask("GET /api/usage/aggregate", { token: read });
    expect(all.body).toMatchObject({
      machineId: null,
      daily: [
        { date: "2026-11-28", totalTokens: 1_000 },
        { date: "2026-11-29", totalTokens: 150 },
      ],
      totals: { totalTokens: 1_150 },
    });
    const one = await hub.ask("GET /api/usage/aggregate?machineId=old-mac&since=2026-11-29", { token: read });
    expect(one.body).toMatchObject({ machineId: "old-mac", daily: [{ date: "2026-11-29", totalTokens: 7_000 }] });
    const machines = await hub.ask("GET /api/machines", { token: read });
    expect(machines.body).toMatchObject([
      { hostname: "laptop", totalTokens: 150 },
      { machineId: "old-mac", provenance: "upload", totalTokens: 8_000 },
    ]);
    expect((await hub.ask("GET /api/v1/usage?by=machine", { token: read })).body).toMatchObject({
      totals: { totalTokens: 1_150 },
    });
  });

  test("goes to a member of its own where a machine has the same name, whose days are then those of its journal", async () => {
    using hub = asked();
    await machineWithSession(hub.hub, "laptop");
    const body = { machineId: "laptop", data: [day("2026-11-28", 1_000), day("2026-11-29", 7_000)] };
    await hub.ask("POST /api/usage", { token: hub.tokenFor("write"), body });
    expect(hub.hub.members.all().map(({ machine, name }) => [machine, name])).toEqual([
      ["id-of-laptop", "laptop"],
      ["upload:laptop", "laptop (upload)"],
    ]);
    const { body: found } = await hub.ask("GET /api/usage/aggregate?machineId=laptop", { token: hub.tokenFor("read") });
    expect(found).toMatchObject({ daily: [{ totalTokens: 1_000 }, { totalTokens: 150 }] });
  });

  test("is stored without content, once, and what is wrong is named with status 207", async () => {
    using hub = asked();
    const token = hub.tokenFor("write");
    const body = [message("m1"), message("m2", { timestamp: "never" }), message("m3"), { id: "m4" }, 17];
    const sent = await hub.ask("POST /ingest", { token, body });
    expect([sent.status, sent.body]).toMatchObject([
      207,
      {
        accepted: 2,
        known: 0,
        refused: [
          { index: 1, id: "m2", code: "bad_row" },
          { index: 3, id: "m4", code: "bad_row" },
          { index: 4, id: "", code: "bad_row" },
        ],
      },
    ]);
    const again = await hub.ask("POST /ingest", { token, body: [message("m1"), message("m5", { session_id: "s2" })] });
    expect([again.status, again.body]).toMatchObject([200, { accepted: 1, known: 1, refused: [] }]);
    const read = hub.tokenFor("read");
    const messages = await hub.ask("GET /api/messages?session_id=s1", { token: read });
    expect(messages.body).toMatchObject({
      messages: [
        { id: "m1", source: "claude-code", msg_type: "assistant", input_tokens: 10, output_tokens: 5 },
        { id: "m3" },
      ],
    });
    expect((await hub.ask("GET /api/stats", { token: read })).body).toMatchObject({
      sessions: 2,
      messages: 3,
      tokens: 45,
      by_source: { "claude-code": 3 },
      by_type: { assistant: 3 },
    });
    expect((await hub.ask("GET /api/usage/aggregate", { token: read })).body).toMatchObject({
      daily: [{ date: "2026-11-28", totalTokens: 45 }],
    });
    const database = hub.hub.ledger.database.serialize();
    expect(Buffer.from(database).includes("a secret text")).toBe(false);
  });

  test("of sessions and files is listed with what the messages say", async () => {
    using hub = asked();
    const [read, write] = [hub.tokenFor("read"), hub.tokenFor("write")];
    const session = { id: "s1", source: "codex_cli", cwd: "/work/shop", started_at: "2026-11-28T09:00:00Z" };
    expect((await hub.ask("POST /sessions", { token: write, body: session })).status).toBe(200);
    await hub.ask("POST /ingest", { token: write, body: [message("m1", { source: "codex_cli" })] });
    const listed = await hub.ask("GET /api/sessions?source=codex_cli&id=s1&limit=5&offset=0", { token: read });
    expect(listed.body).toMatchObject({
      sessions: [
        { id: "s1", source: "codex", project: "/work/shop", started_at: "2026-11-28T09:00:00.000Z", total_tokens: 15 },
      ],
      total: 1,
    });
    const file = { file_path: "/home/a.jsonl", source: "claude_code", last_line_read: 17, content_hash: "abc" };
    expect((await hub.ask("POST /api/file-progress", { token: write, body: file })).status).toBe(200);
    await hub.ask("POST /api/file-progress", { token: write, body: { ...file, last_line_read: 20 } });
    expect((await hub.ask("GET /api/sync", { token: read })).body).toMatchObject({
      files: [{ ...file, source: "claude-code", last_line_read: 20 }],
      total: 1,
    });
  });

  test("disappears with its session when that is forgotten, and does not come back", async () => {
    using hub = asked();
    const token = hub.tokenFor("admin");
    await hub.ask("POST /ingest", { token, body: [message("m1"), message("m2", { session_id: "s2" })] });
    await hub.ask("POST /api/v1/forget", { token, body: { kind: "session", value: "s1" } });
    expect((await hub.ask("GET /api/stats", { token })).body).toMatchObject({ messages: 1 });
    const again = await hub.ask("POST /ingest", { token, body: [message("m1")] });
    expect(again.body).toMatchObject({ accepted: 0 });
    expect((await hub.ask("GET /api/stats", { token })).body).toMatchObject({ messages: 1 });
  });

  test("disappears with its project, of which a directory below is part and another one that begins alike is not", async () => {
    using hub = asked();
    const token = hub.tokenFor("admin");
    const projects = { s1: "/p/api", s2: "/p/api/deep", s3: "/p/api-2" };
    for (const [id, project] of Object.entries(projects)) {
      await hub.ask("POST /sessions", { token, body: { id, source: "codex", project } });
      await hub.ask("POST /ingest", { token, body: [message(`of-${id}`, { session_id: id, source: "codex" })] });
    }
    await hub.ask("POST /api/v1/forget", { token, body: { kind: "project", value: "/p/api" } });
    const { body } = await hub.ask("GET /api/sessions", { token });
    expect(body).toMatchObject({ sessions: [{ id: "s3", message_count: 1 }], total: 1 });
  });

  test("of a block that has ended is not shown as going on", async () => {
    using hub = asked();
    const { hub: services, operator, tokenFor, ask } = hub;
    const uploads = new Uploads(services);
    const member = uploads.member("box", operator);
    const common = { startTime: NOW - 2, isActive: true, tokenCounts: {} };
    uploads.block(member, { id: "open", endTime: NOW + 1_000, ...common });
    uploads.block(member, { id: "ended", endTime: NOW - 1, ...common });
    const { body } = await ask("GET /api/usage/client/box", { token: tokenFor("read") });
    const found = (body as { blocks: { id: string; isActive: boolean }[] }).blocks;
    expect(Object.fromEntries(found.map(({ id, isActive }) => [id, isActive]))).toEqual({ ended: false, open: true });
  });

  test("is refused from a member that was revoked", async () => {
    using hub = asked();
    const token = hub.tokenFor("admin");
    await hub.ask("POST /api/clients/register", { token, body: { clientId: "box", hostname: "box" } });
    expect((await hub.ask("GET /api/clients", { token })).body).toMatchObject({
      clients: [{ clientId: "box", isOnline: true }],
    });
    await hub.ask("DELETE /api/v1/machines/box", { token });
    const sent = await hub.ask("POST /api/usage", { token, body: { machineId: "box", data: [day("2026-11-28", 5)] } });
    expect([sent.status, sent.body]).toMatchObject([403, { error: { code: "forbidden" } }]);
  });
});
