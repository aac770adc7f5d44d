import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../src/commands/contract.ts";
import { forget } from "../../src/commands/forget.ts";
import { invite } from "../../src/commands/invite.ts";
import { login } from "../../src/commands/login.ts";
import { logout } from "../../src/commands/logout.ts";
import { status } from "../../src/commands/status.ts";
import { sync } from "../../src/commands/sync.ts";
import { verify } from "../../src/commands/verify.ts";
import { putAddress } from "../../src/hub/store.ts";
import { hubResult } from "../../src/cli/hub-report.ts";
import type { ListenOptions } from "../../src/hub/HttpServer.ts";
import { daily } from "../../src/reports/daily.ts";
import { operator } from "../hub/harness.ts";
import { readerOf } from "../hub/routes/harness.ts";
import { tryLock } from "../../src/utils/lock.ts";
import { serveLock } from "../../src/utils/paths.ts";
import { served } from "../hub/server-harness.ts";
import { errorOf, machineWith, mkdirOf } from "./hub-machine.ts";

const JSON_ONLY = { json: true } as const;

describe("a machine that joins a hub", () => {
  test("sends everything once, and shows how far it got", async () => {
    await using hub = served();
    const machine = machineWith();
    const joined = await machine.run(login, [`${hub.server.address}#${hub.invite("workstation")}`]);
    expect(joined.text).toContain('This machine is "workstation"');
    expect(statSync(machine.login).mode & 0o777).toBe(0o600);
    const first = (await machine.run(sync, [], JSON_ONLY)).json();
    expect(first).toEqual({ sent: first["sent"], acknowledged: first["sent"], pending: 0 });
    expect(Number(first["sent"])).toBeGreaterThan(20);
    expect(hub.hub.ledger.database.query("SELECT COUNT(*) AS n FROM journal").get()).toEqual({ n: first["sent"] });
    expect((await machine.run(sync, [], JSON_ONLY)).json()).toEqual({ sent: 0, acknowledged: 0, pending: 0 });
    const found = (await machine.run(status, [], JSON_ONLY)).json();
    expect(found).toMatchObject({
      hub: hub.server.address,
      name: "workstation",
      level: "metrics",
      pending: 0,
      health: "ok",
    });
    expect((await machine.run(verify, [], { hub: true })).text).toContain("the hub has the same");
    hub.hub.members.revoke("workstation", operator);
    const refused = await machine.run(sync, [], JSON_ONLY);
    expect([refused.code, refused.json()["pending"]]).toEqual([1, 0]);
  });

  test("reads the reports of the hub if its invitation says so, and else says how it may", async () => {
    const place: { read?: ListenOptions["read"] } = {};
    await using hub = served({ read: (...asked) => place.read?.(...asked) ?? Promise.reject(new Error("too early")) });
    place.read = readerOf(hub.hub);
    const machine = machineWith();
    const ask = async (): Promise<number> => {
      let days = 0;
      const run = async (context: Context): Promise<number> => {
        const found = await hubResult(daily, context, { zone: "UTC", problem: null });
        days = found?.rows.length ?? 0;
        return 0;
      };
      await machine.run({ ...sync, run }, [], { hub: true, json: true });
      return days;
    };
    const plain = await machine.run(login, [`${hub.server.address}#${hub.invite("laptop")}`]);
    expect(plain.text).toContain("read nothing there");
    await machine.run(sync);
    expect(await errorOf(ask())).toMatch(/^forbidden: .*pawprint invite NAME --read.*PET_HUB_TOKEN/);
    const reading = await machine.run(login, [`${hub.server.address}#${hub.invite("laptop", true)}`]);
    expect(reading.text).toContain("read the reports of all machines");
    expect(await ask()).toBeGreaterThan(0);
    await machine.run(sync);
    hub.hub.members.revoke("laptop", operator);
    expect(await errorOf(ask())).toStartWith("unauthorized: ");
  });

  test("prints with --dry-run exactly the rows that the hub then has", async () => {
    await using hub = served();
    const machine = machineWith();
    await machine.run(login, [`${hub.server.address}#${hub.invite("laptop")}`]);
    const lines = (await machine.run(sync, [], { "dry-run": true })).text.split("\n");
    const printed = lines.map((line) => JSON.parse(line) as { key: string; body: string });
    await machine.run(sync);
    const rows = hub.hub.ledger.database
      .query<{ key: string; body: string }, []>("SELECT key, body FROM journal")
      .all();
    const texts = (all: readonly { key: string; body: string }[]) => [
      ...new Set(all.map(({ key, body }) => `${key} ${body}`)),
    ];
    expect(texts(rows).toSorted()).toEqual(texts(printed).toSorted());
  });

  test("joins with a key from the settings, and is refused as a machine that is known already", async () => {
    await using hub = served();
    const machine = machineWith();
    const key = hub.tokenFor("write");
    await machine.run(login, [hub.server.address], {}, { PET_HUB_TOKEN: key });
    expect(hub.hub.members.all().map(({ name }) => name)).toEqual(["laptop"]);
    rmSync(machine.login);
    expect(await errorOf(machine.run(login, [hub.server.address], {}, { PET_HUB_TOKEN: key }))).toMatch(
      /^machine_known: .*"laptop".*pawprint invite NAME.*--new/,
    );
    const given = machineWith({ PET_MACHINE: "other" });
    const { warned } = await given.run(login, [key, hub.server.address]);
    expect(warned.join()).toContain("history of your shell");
  });

  test("ends its token when it leaves, and keeps what it sent there", async () => {
    await using hub = served();
    const machine = machineWith();
    await machine.run(login, [`${hub.server.address}#${hub.invite("laptop")}`]);
    await machine.run(sync);
    const { token } = JSON.parse(readFileSync(machine.login, "utf8")) as { token: string };
    expect((await machine.run(logout)).warned).toEqual([]);
    expect(existsSync(machine.login)).toBe(false);
    expect(() => hub.hub.tokens.identify(token)).toThrow("revoked");
    expect(hub.hub.ledger.database.query("SELECT COUNT(*) > 20 AS kept FROM journal").get()).toEqual({ kept: 1 });
    expect(await errorOf(machine.run(sync))).toStartWith("not_found: this machine sends to no hub");
    expect((await machine.run(status, [], JSON_ONLY)).json()).toMatchObject({ hub: null, health: "no hub" });
  });

  test("removes a session at the hub, which does not come back, and says that the ledger still has it", async () => {
    await using hub = served();
    const machine = machineWith();
    await machine.run(login, [`${hub.server.address}#${hub.invite("laptop")}`]);
    await machine.run(sync);
    const session = "4fae96be-8627-4dfe-940e-e6d512530f1c";
    const count = () =>
      hub.hub.ledger.database
        .query<{ n: number }, [string]>("SELECT COUNT(*) AS n FROM journal WHERE instr(body, ?) > 0")
        .get(session)?.n;
    const before = count();
    const removed = await machine.run(forget, [], { session });
    expect([removed.text.split(" ")[0], count()]).toEqual([String(before), 0]);
    expect(removed.text).toContain("the ledgers of machines stay as they are");
    const reading = { PET_HUB_TOKEN: hub.tokenFor("read") };
    expect((await machine.run(forget, [], { session: "other" }, reading)).text).toContain("has no rows of the session");
    const verified = await machine.run(verify, [], { hub: true });
    expect([verified.code, count()]).toEqual([0, 0]);
    expect(verified.text).toContain(`${before} other rows were forgotten at the hub and stay out`);
    expect(await errorOf(machine.run(forget, [], { person: "ann" }))).toStartWith("forbidden: ");
    expect(await errorOf(machine.run(forget))).toStartWith("bad_usage: ");
    const admin = { PET_HUB_URL: hub.server.address, PET_HUB_TOKEN: hub.tokenFor("admin") };
    expect(await errorOf(machine.run(forget, [], { machine: "labtop" }, admin))).toStartWith("not_found: ");
    expect(await errorOf(machineWith().run(forget, [], { session }))).toStartWith(
      "not_found: this machine sends to no",
    );
  });

  test("says what is missing where it is given another key, too many options or half of an address", async () => {
    await using hub = served();
    const machine = machineWith();
    const url = hub.server.address;
    const reading = { PET_HUB_TOKEN: hub.tokenFor("read") };
    expect(await errorOf(machine.run(login, [url], {}, reading))).toStartWith("forbidden: this needs the scope write");
    expect(await errorOf(machine.run(sync, [], { follow: true, json: true }))).toStartWith("bad_usage: ");
    expect(await errorOf(machine.run(sync, [], {}, { PET_HUB_URL: url }))).toContain("without PET_HUB_TOKEN");
  });
});

describe("the machine of a hub", () => {
  test("shows its own progress and whether the hub runs, and is no machine without a hub", async () => {
    const machine = machineWith();
    const path = join(mkdirOf(machine.home), "hub.db");
    await using hub = served({}, path);
    const found = (await machine.run(status, [], JSON_ONLY)).json();
    expect(found).toMatchObject({ hub: path, health: "ok", acknowledged: 0 });
    putAddress(hub.hub.ledger, { url: hub.server.address, pin: null });
    expect((await machine.run(status)).text).toContain("is not running: pawprint serve");
    const lock = tryLock(serveLock(path));
    const running = (await machine.run(status, [], JSON_ONLY)).json();
    expect(running).toMatchObject({ hub: hub.server.address, health: "ok", problem: null });
    const warnings = async (): Promise<string> =>
      (await machine.run(invite, ["phone"], { local: true })).warned.join("\n");
    expect(await warnings()).not.toContain("the hub is not running");
    lock?.release();
    expect(await warnings()).toContain("the hub is not running");
  });
});

describe("a project of which less is to leave", () => {
  test("is named with how to remove what the hub has of it, once", async () => {
    await using hub = served();
    const machine = machineWith({ PET_SYNC_LEVEL: "details" });
    await machine.run(login, [`${hub.server.address}#${hub.invite("laptop")}`]);
    expect((await machine.run(sync)).warned).toEqual([]);
    const off = { PET_SYNC_PROJECTS: "/home/user/work/fresh=off" };
    const { warned } = await machine.run(sync, [], {}, off);
    expect(warned.join()).toContain(`until: pawprint forget --project "/home/user/work/fresh"`);
    expect((await machine.run(sync, [], {}, off)).warned).toEqual([]);
    const count = () =>
      hub.hub.ledger.database
        .query<{ n: number }, []>("SELECT COUNT(*) AS n FROM journal WHERE body LIKE '%/home/user/work/fresh%'")
        .get()?.n ?? 0;
    expect(count()).toBeGreaterThan(0);
    await machine.run(forget, [], { project: "/home/user/work/fresh" });
    expect(count()).toBe(0);
  });
});
