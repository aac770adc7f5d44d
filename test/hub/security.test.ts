import { describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { senderOf } from "../../src/hub/addresses.ts";
import { inviteMachine } from "../../src/hub/invite-machine.ts";
import { putAddress } from "../../src/hub/store.ts";
import { bearer, joinBody, served } from "./server-harness.ts";
import { expectFrame, hubOf, joined, NOW, operator, sessionOf } from "./harness.ts";

/** What is answered to the text of a request, which may have no end. */
async function rawRequest(address: string, text: string): Promise<{ socket: Socket; answer: Promise<string> }> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const answer = once(socket, "data").then(([data]) => String(data).split("\r\n", 1)[0] ?? "");
  socket.write(text);
  return { socket, answer };
}

/** A request whose body never ends. */
const slowRequest = (address: string, path: string) =>
  rawRequest(address, `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\n{`);

describe("a hub", () => {
  test.each([
    ["/v1/join", (code: string) => joinBody(code), 200],
    ["/v1/page", () => ({ code: "guessed" }), 401],
  ] as const)(
    "answers others while strangers send bodies to %s that never end, and notes nothing of them in its log",
    async (path, bodyOf, status) => {
      const failures: unknown[] = [];
      await using hub = served({}, undefined, (error) => failures.push(error));
      const slow = await Promise.all(Array.from({ length: 33 }, () => slowRequest(hub.server.address, path)));
      expect(await Promise.race(slow.map(({ answer }) => answer))).toBe("HTTP/1.1 429 Too Many Requests");
      expect((await fetch(`${hub.server.address}/health`)).status).toBe(200);
      for (const { socket } of slow) socket.destroy();
      const ask = () => hub.post(path, bodyOf(hub.invite("laptop")));
      let answered = await ask();
      while (answered.status === 429) answered = await ask();
      expect([answered.status, failures]).toEqual([status, []]);
    },
    2_000,
  );

  test("refuses a request whose address is none, and notes nothing of it in its log", async () => {
    const failures: unknown[] = [];
    await using hub = served({}, undefined, (error) => failures.push(error));
    for (const head of [
      "GET / HTTP/1.0",
      "GET / HTTP/1.1\r\nHost: a@127.0.0.1",
      "GET / HTTP/1.1\r\nHost: 127.0.0.1/a",
    ]) {
      const { socket, answer } = await rawRequest(hub.server.address, `${head}\r\n\r\n`);
      expect([head, await answer]).toEqual([head, "HTTP/1.1 403 Forbidden"]);
      socket.destroy();
    }
    expect(failures).toEqual([]);
  });
});

describe("joining by a token", () => {
  test("needs one that may write: not one that reads, nor that of a machine", async () => {
    await using hub = served();
    const { code: _, ...body } = joinBody("");
    const tokens = {
      read: hub.tokenFor("read"),
      machine: joined(hub.hub, "tower").token,
      write: hub.tokenFor("write"),
    };
    const statuses = Object.entries(tokens).map(async ([name, token]) => {
      const { status } = await hub.post("/v1/join", { ...body, machine: name, name }, bearer(token));
      return [name, status] as const;
    });
    expect(await Promise.all(statuses)).toEqual([
      ["read", 403],
      ["machine", 403],
      ["write", 200],
    ]);
  });

  test("takes no id of a member that joins in another way, and no name that a terminal obeys or no path can have", async () => {
    await using hub = served();
    const { code: _, ...body } = joinBody("");
    const token = hub.tokenFor("write");
    const ask = async (machine: string, name: string): Promise<number> =>
      (await hub.post("/v1/join", { ...body, machine, name }, bearer(token))).status;
    expect([await ask("ci", "one"), await ask("upload:x", "one"), await ask("ssh-x", "one")]).toEqual([400, 400, 400]);
    // An address with one of these is another address: the machine could be neither renamed nor revoked.
    expect([await ask("m1", "."), await ask("m1", ".."), await ask("m2", "...")]).toEqual([400, 400, 200]);
    expect([await ask("m1", "\u001b[2J"), await ask("m1", "a\u202eb"), await ask("m1", "Mei's Büro")]).toEqual([
      400, 400, 200,
    ]);
  });
});

test("a machine that is invited as another one cannot end the login of a machine whose id it names", async () => {
  await using hub = served();
  const victim = joined(hub.hub, "tower", "t1");
  expect((await hub.post("/v1/join", joinBody(hub.invite("laptop"), "t1"))).status).toBe(409);
  expect(victim.answers).toEqual([]);
  expect(expectFrame(await victim.ask({ type: "beat", pending: 0, now: NOW }), "beat").type).toBe("beat");
});

describe("what strangers and machines leave in the hub's file", () => {
  test("is bounded: the newest entries of the audit log, tokens that ended lately, and what a machine may forget in a day", async () => {
    using made = hubOf();
    const { hub, clock } = made;
    const expires = NOW + 86_400_000;
    hub.tokens.create({ name: "job", scope: "write", machine: null, person: "", expires }, operator);
    hub.ledger.database.run("UPDATE sqlite_sequence SET seq = 200000 WHERE name = 'audit'");
    clock.pass(32 * 86_400_000);
    hub.tokens.create({ name: "x".repeat(1_000), scope: "read", machine: null, person: "", expires: null }, operator);
    expect(hub.tokens.all().map(({ name }) => name.length)).toEqual([1_000]);
    expect(hub.audit(10).map(({ detail }) => detail.length)).toEqual([500]);
    const laptop = joined(hub, "laptop");
    const forget = { type: "forget", kind: "session", value: "s" } as const;
    for (let count = 0; count < 1_000; count++) expectFrame(await laptop.ask(forget), "forgotten");
    expect(expectFrame(await laptop.ask(forget), "stop").code).toBe("too_many");
  });
});

test("no machine is invited to a hub that its login would refuse because it does not encrypt", () => {
  using made = hubOf();
  const invite = () =>
    inviteMachine(made.hub, { name: "laptop", person: "", mayRead: false, isLocal: false }, operator).command;
  putAddress(made.hub.ledger, { url: "http://192.0.2.7:7297", pin: null });
  expect(invite).toThrow("unencrypted");
  putAddress(made.hub.ledger, { url: "https://192.0.2.7:7297", pin: null });
  expect(invite()).toStartWith("pawprint login https://192.0.2.7:7297#");
});

test("limits go by the network of an IPv6 address, of which one sender may have all, and by an IPv4 address in any form", () => {
  const [one, two, other] = ["2001:db8:0:1::7", "2001:db8::1:ffff:0:0:1", "2001:db8:0:2::7"].map(senderOf);
  expect([one === two, one === other]).toEqual([true, false]);
  expect(["::ffff:192.0.2.7", "192.0.2.7", "::1"].map(senderOf)).toEqual(["192.0.2.7", "192.0.2.7", "::1"]);
});

describe("a machine that was invited to read", () => {
  test("gets a second token that reads and does not write, and loses it when it is revoked or leaves", async () => {
    using made = hubOf();
    const { hub } = made;
    const laptop = joined(hub, "laptop", "l1", true);
    const { readToken = "" } = laptop;
    expect(hub.tokens.identify(readToken)).toMatchObject({ scope: "read", machine: "l1" });
    expect(expectFrame(await sessionOf(hub, readToken).ask({ type: "beat", pending: 0, now: NOW }), "stop").code).toBe(
      "forbidden",
    );
    hub.members.revoke("laptop", operator);
    expect(() => hub.tokens.identify(readToken)).toThrow("the token is revoked");
    const again = joined(hub, "laptop", "l1", true);
    await again.ask({ type: "stop", code: "logged_out", message: "the machine has left" });
    expect(() => hub.tokens.identify(again.readToken ?? "")).toThrow("the token is revoked");
    expect(joined(hub, "tower").readToken).toBeUndefined();
  });
});
