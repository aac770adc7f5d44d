import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { newKey, selfSigned } from "../../src/hub/certificate.ts";
import { inviteMachine } from "../../src/hub/invite-machine.ts";
import { HubSession } from "../../src/hub/session.ts";
import { putAddress } from "../../src/hub/store.ts";
import { fileTls } from "../../src/hub/tls.ts";
import { encodeBody } from "../../src/model/body.ts";
import { plainResponse } from "../ledger/sample.ts";
import { eventsOf, expectFrame, helloOf, hubOf, joined, NOW, operator, sessionOf } from "./harness.ts";
import { bearer, joinBody, served, streamOf } from "./server-harness.ts";

const MINUTE_MS = 60_000;

describe("what is valid for a time", () => {
  test("is refused after it: an invitation after ten minutes, a token at its end", () => {
    using made = hubOf();
    const { hub, clock } = made;
    const invite = (): string => hub.tokens.invite({ name: "laptop", person: "", mayRead: false }, operator).code;
    const [early, late] = [invite(), invite()];
    const expires = NOW + 10 * MINUTE_MS;
    const { token } = hub.tokens.create({ name: "x", scope: "read", machine: null, person: "", expires }, operator);
    clock.pass(10 * MINUTE_MS - 1);
    expect(hub.tokens.redeem(early).name).toBe("laptop");
    expect(hub.tokens.identify(token).name).toBe("x");
    clock.pass(1);
    expect(() => hub.tokens.redeem(late)).toThrow("the invitation is unknown, used or expired");
    expect(() => hub.tokens.identify(token)).toThrow("the token is expired");
  });

  test("ends an open connection too, and never one of this machine's own process", () => {
    using made = hubOf();
    const { hub, clock } = made;
    const expires = NOW + 2 * MINUTE_MS;
    const { token } = hub.tokens.create({ name: "x", scope: "read", machine: null, person: "", expires }, operator);
    const other = sessionOf(hub, token);
    const own: unknown[] = [];
    const local = new HubSession(hub, operator, (frame) => own.push(frame));
    clock.pass(MINUTE_MS);
    hub.tick();
    expect(other.answers).toEqual([]);
    clock.pass(MINUTE_MS);
    hub.tick();
    expect(expectFrame(other.answers[0], "stop").code).toBe("unauthorized");
    expect(own).toEqual([]);
    local.close();
  });
});

test("two ledgers that spoke as one machine hours apart are no conflict", async () => {
  using made = hubOf();
  const { hub, clock } = made;
  const { machine, ask } = joined(hub, "laptop");
  for (const fingerprint of ["f1", "f2", "f1"]) {
    const welcome = expectFrame(await ask(helloOf(machine, { fingerprint })), "welcome");
    expect(welcome.warning).toBeUndefined();
    clock.pass(40 * MINUTE_MS);
  }
});

test("a hub that ended goes on with taking out details, and overwrites them in its file", async () => {
  const folder = mkdtempSync(joinPath(tmpdir(), "pawprint-lowering-"));
  try {
    const path = joinPath(folder, "hub.db");
    const isInFile = ({ hub }: ReturnType<typeof hubOf>): boolean => {
      hub.ledger.database.run("PRAGMA wal_checkpoint(TRUNCATE)");
      return readFileSync(path, "latin1").includes("very-secret");
    };
    {
      using made = hubOf(path);
      const { ask } = joined(made.hub, "laptop");
      const body = encodeBody("response", { ...plainResponse, project: "/home/mei/very-secret/work" });
      const groups = [{ source: "claude-code", reader: 1, level: "details", rows: [["response:r1", body]] }] as const;
      expectFrame(await ask(eventsOf(0, 1, { groups })), "ack");
      made.hub.members.saw("id-of-laptop", { level: "metrics" });
      expect(isInFile(made)).toBe(true);
    }
    {
      using made = hubOf(path);
      made.hub.lowering.resume();
      await made.hub.lowering.settled();
      expect(made.hub.members.find("laptop")?.details).toBe(0);
      expect(isInFile(made)).toBe(false);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("what another process writes into the hub's file is news for pages, and nothing else is", () => {
  const folder = mkdtempSync(joinPath(tmpdir(), "pawprint-news-"));
  try {
    const path = joinPath(folder, "hub.db");
    using served = hubOf(path);
    using other = hubOf(path);
    const commits: unknown[] = [];
    served.hub.live.subscribe((commit) => commits.push(commit.machines));
    served.hub.tick();
    served.hub.members.add({ machine: "m1", name: "a", person: "", provenance: "pull", born: NOW }, operator);
    served.hub.tick();
    expect(commits).toEqual([]);
    other.hub.members.add({ machine: "m2", name: "b", person: "", provenance: "pull", born: NOW }, operator);
    served.hub.tick();
    served.hub.tick();
    expect(commits).toEqual([[]]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a token that may write takes over no machine that the hub knows, by its id or its name; an admin's does", async () => {
  await using hub = served();
  joined(hub.hub, "tower", "t1");
  const { code: _, ...body } = joinBody("");
  const statusOf = async (scope: "write" | "admin", machine: string, name: string): Promise<number> =>
    (await hub.post("/v1/join", { ...body, machine, name }, bearer(hub.tokenFor(scope)))).status;
  expect(await statusOf("write", "t1", "another")).toBe(409);
  expect(await statusOf("write", "another", "tower")).toBe(409);
  expect(await statusOf("admin", "t1", "tower")).toBe(200);
});

test("a machine that is invited anew stays that of its person, unless another one is named", () => {
  using made = hubOf();
  const { hub } = made;
  putAddress(hub.ledger, { url: "https://192.0.2.7:7297", pin: null });
  joined(hub, "laptop");
  const personOf = (person: string): string => {
    const { code } = inviteMachine(hub, { name: "laptop", person, mayRead: false, isLocal: false }, operator);
    return hub.tokens.redeem(code).person;
  };
  expect([personOf(""), personOf("Mei")]).toEqual(["laptop's person", "Mei"]);
});

describe("the streams of one token", () => {
  test("are eight at most, and each may send so many frames at once", async () => {
    await using hub = served();
    const { token: machine } = joined(hub.hub, "laptop");
    const streams = await Promise.all(Array.from({ length: 8 }, () => streamOf(hub.server.address, machine)));
    const more = await fetch(`${hub.server.address}/v1/stream`, {
      headers: { ...bearer(machine), connection: "upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
    });
    expect(more.status).toBe(429);
    const [first] = streams;
    for (let at = 0; at < 1_001; at++) first?.send({ type: "beat", pending: 0, now: NOW });
    for (let at = 0; at < 1_000; at++) expectFrame((await first?.next()) ?? undefined, "beat");
    expect(expectFrame((await first?.next()) ?? undefined, "stop").code).toBe("too_many");
    for (const stream of streams) stream[Symbol.dispose]();
  });
});

test("a page of another origin than the allowed one reads no answer", async () => {
  await using hub = served({ corsOrigin: "https://page.example" });
  const { address } = hub.server;
  const { headers } = await fetch(`${address}/health`, { headers: { origin: address } });
  expect(headers.get("access-control-allow-origin")).toBeNull();
});

test("a certificate and the key of another one are refused together", async () => {
  const folder = mkdtempSync(joinPath(tmpdir(), "pawprint-tls-"));
  try {
    const [key, other] = [newKey(), newKey()];
    const paths = ["cert.pem", "key.pem", "other.pem"].map((name) => joinPath(folder, name));
    const [cert = "", own = "", wrong = ""] = paths;
    writeFileSync(cert, selfSigned(key, ["localhost"]));
    writeFileSync(own, key.export({ type: "pkcs8", format: "pem" }));
    writeFileSync(wrong, other.export({ type: "pkcs8", format: "pem" }));
    expect((await fileTls(cert, own)).pin).toBeNull();
    expect(fileTls(cert, wrong)).rejects.toThrow("cannot be used");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
