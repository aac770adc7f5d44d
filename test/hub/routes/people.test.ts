import { describe, expect, test } from "bun:test";
import { putAddress } from "../../../src/hub/store.ts";
import { encodeBody } from "../../../src/model/body.ts";
import { keyedHash } from "../../../src/model/privacy-rules.ts";
import { type AccountLimitObservation, type FindingObservation, logKeys } from "../../../src/model/log-observation.ts";
import { asked } from "./harness.ts";
import { joined, NOW } from "../harness.ts";
import { machineWithSession } from "./sample.ts";

describe("the routes of people", () => {
  test("add up the usage of two machines, and group it as asked", async () => {
    using hub = asked();
    await machineWithSession(hub.hub, "laptop");
    await machineWithSession(hub.hub, "tower");
    const token = hub.tokenFor("read");
    const { body, status } = await hub.ask("GET /api/v1/usage?by=day,machine&last=7d", { token });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      usage: [
        { day: "2026-11-29", machine: "laptop", totalTokens: 150, responses: 2 },
        { day: "2026-11-29", machine: "tower", totalTokens: 150, responses: 2 },
      ],
      totals: { totalTokens: 300, inputTokens: 180, outputTokens: 120 },
      total: 2,
      nextOffset: null,
    });
    const byPerson = await hub.ask("GET /api/v1/usage?by=person,model&machine=laptop", { token });
    expect(byPerson.body).toMatchObject({
      usage: [{ person: "laptop's person", model: "claude-sonnet-4-5-20250929", totalTokens: 150 }],
    });
    const paged = await hub.ask("GET /api/v1/usage?by=machine&limit=1&offset=1", { token });
    expect(paged.body).toMatchObject({ usage: [{ machine: "tower" }], total: 2, nextOffset: null });
    expect((await hub.ask("GET /api/v1/usage?by=month", { token })).body).toMatchObject({
      error: { code: "bad_usage" },
    });
  });

  test("list sessions with their machine, and the events of one with its turns", async () => {
    using hub = asked();
    await machineWithSession(hub.hub, "laptop");
    const token = hub.tokenFor("read");
    expect((await hub.ask("GET /api/v1/sessions", { token })).body).toMatchObject({
      sessions: [
        {
          session: "laptop-s",
          machine: "laptop",
          person: "laptop's person",
          startedAt: "2026-11-29T11:50:00.000Z",
          lastActiveAt: "2026-11-29T11:50:05.000Z",
          totalTokens: 150,
          branch: "main",
          version: "2.1.0",
        },
      ],
      total: 1,
    });
    const { body } = await hub.ask("GET /api/v1/sessions/laptop-s", { token });
    expect(body).toMatchObject({
      session: { session: "laptop-s" },
      turns: 1,
      events: [
        { type: "prompt", turn: 1, tokens: null },
        { type: "response", turn: 1, tokens: 100, name: "claude-sonnet-4-5-20250929" },
        { type: "tool", name: "Bash", ok: true, durationMs: 1_000 },
        { type: "response", tokens: 50 },
      ],
      total: 4,
    });
    const unknown = await hub.ask("GET /api/v1/sessions/other", { token });
    expect([unknown.status, unknown.body]).toMatchObject([404, { error: { code: "not_found" } }]);
  });

  test("show the newest messages of all machines first", async () => {
    using hub = asked();
    await machineWithSession(hub.hub, "laptop");
    const { body } = await hub.ask("GET /api/v1/feed?limit=2", { token: hub.tokenFor("read") });
    expect(body).toMatchObject({
      feed: [
        { machine: "laptop", session: "laptop-s", type: "assistant", tokens: 50 },
        { machine: "laptop", type: "tool_call", name: "Bash", tokens: 0 },
      ],
    });
  });

  test("let an admin rename and revoke a machine, and note both", async () => {
    using hub = asked();
    const machine = await machineWithSession(hub.hub, "laptop");
    const token = hub.tokenFor("admin");
    const renamed = await hub.ask("PATCH /api/v1/machines/laptop", { token, body: { name: "old laptop" } });
    expect(renamed.body).toMatchObject({ machine, name: "old laptop" });
    expect((await hub.ask(`DELETE /api/v1/machines/${machine}`, { token })).status).toBe(200);
    expect(hub.hub.members.find(machine)?.revoked).not.toBeNull();
    const { body } = await hub.ask("GET /api/v1/audit?limit=2", { token });
    expect(body).toMatchObject({
      entries: [
        { actor: "admin", what: "revoke" },
        { actor: "admin", what: "rename" },
      ],
    });
    expect((await hub.ask("DELETE /api/v1/machines/nobody", { token })).status).toBe(404);
  });

  test("make, list and end tokens, and show their text once", async () => {
    using hub = asked();
    const token = hub.tokenFor("admin");
    hub.clock.pass(1);
    const made = await hub.ask("POST /api/v1/tokens", {
      token,
      body: { name: "page", scope: "read", expiresInDays: 90 },
    });
    expect(made.status).toBe(201);
    const { token: text, id } = made.body as { token: string; id: string };
    expect((await hub.ask("GET /api/v1/machines", { token: text })).status).toBe(200);
    const listed = await hub.ask("GET /api/v1/tokens", { token });
    expect(listed.text).not.toContain(text);
    expect(listed.body).toMatchObject({ tokens: [{ name: "admin" }, { id, name: "page", scope: "read" }] });
    expect((await hub.ask(`DELETE /api/v1/tokens/${id}`, { token })).status).toBe(200);
    expect((await hub.ask("GET /api/v1/machines", { token: text })).body).toMatchObject({
      error: { code: "unauthorized" },
    });
  });

  test("make an invitation that a machine can use, with the hub's public key, if machines can reach the hub", async () => {
    using hub = asked();
    const token = hub.tokenFor("admin");
    const inviteWith = (more: object = {}) =>
      hub.ask("POST /api/v1/invitations", { token, body: { name: "tower", person: "Kim", ...more } });
    expect((await inviteWith()).body).toMatchObject({ error: { code: "not_found" } });
    putAddress(hub.hub.ledger, { url: "http://127.0.0.1:7297", pin: null });
    expect((await inviteWith()).body).toMatchObject({ error: { code: "bad_usage" } });
    expect((await inviteWith({ local: true })).status).toBe(201);
    const pin = "p".repeat(43);
    putAddress(hub.hub.ledger, { url: "https://hub.example", pin });
    const { body } = await inviteWith();
    const { code, command, url } = body as { code: string; command: string; url: string };
    expect([url, command]).toEqual(["https://hub.example", `pawprint login https://hub.example#${code}`]);
    expect(hub.hub.tokens.redeem(code.replace(`.${pin}`, ""))).toEqual({
      name: "tower",
      person: "Kim",
      mayRead: false,
    });
  });

  test("show the newest reading of each limit by any machine, and the findings of all", async () => {
    using hub = asked();
    const token = hub.tokenFor("read");
    const hash = keyedHash(hub.hub.key);
    const [account, scope] = [hash("a@example.com"), hash("s")];
    const limit = (at: number, usedPercent: number): AccountLimitObservation => ({
      at,
      account,
      scope,
      name: "five_hour",
      usedPercent,
      resetsAt: NOW + 3_600_000,
      plan: "max",
      spent: null,
      spendLimit: null,
      currency: null,
      period: null,
      decimals: null,
    });
    const finding: FindingObservation = {
      at: NOW - 60_000,
      scope,
      finding: hash("f1"),
      type: "permission_warning",
      severity: "warning",
      state: "appeared",
      message: "a rule has no effect",
      fix: "remove it",
    };
    for (const [name, at, percent] of [
      ["laptop", NOW - 120_000, 30],
      ["tower", NOW - 60_000, 40],
    ] as const) {
      const { ask, machine } = joined(hub.hub, name);
      const of = limit(at, percent);
      const rows: [string, string][] = [
        [logKeys["account-limit"](of), encodeBody("account-limit", of)],
        [`${logKeys.finding(finding)}:${machine}`, encodeBody("finding", finding)],
      ];
      const groups = [{ source: "pawprint", reader: 1, level: "details" as const, rows }];
      expect(await ask({ type: "events", epoch: "e1", from: 0, upto: 2, groups })).toEqual({
        type: "ack",
        epoch: "e1",
        upto: 2,
      });
    }
    expect((await hub.ask("GET /api/v1/limits", { token })).body).toMatchObject({
      limits: [{ account, name: "five_hour", usedPercent: 40, machine: "tower", isOpen: true, ageSeconds: 60 }],
    });
    expect((await hub.ask("GET /api/v1/findings?machine=laptop", { token })).body).toMatchObject({
      findings: [{ machine: "laptop", person: "laptop's person", type: "permission_warning", isOpen: true }],
      total: 1,
    });
    expect((await hub.ask("GET /api/v1/findings", { token })).body).toMatchObject({ total: 2 });
    expect((await hub.ask("GET /api/v1/findings?open=false", { token })).body).toMatchObject({ total: 0 });
  });

  test("forget a session for an admin, and keep it out", async () => {
    using hub = asked();
    await machineWithSession(hub.hub, "laptop");
    const token = hub.tokenFor("admin");
    const { body } = await hub.ask("POST /api/v1/forget", { token, body: { kind: "session", value: "laptop-s" } });
    expect(body).toEqual({ rows: 5 } as never);
    expect((await hub.ask("GET /api/v1/sessions", { token })).body).toMatchObject({ total: 0 });
  });
});
