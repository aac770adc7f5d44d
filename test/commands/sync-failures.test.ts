import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { login } from "../../src/commands/login.ts";
import { status } from "../../src/commands/status.ts";
import { sync } from "../../src/commands/sync.ts";
import { parseInvitation } from "../../src/sync/invitation.ts";
import { PawprintError } from "../../src/utils/errors.ts";
import { served } from "../hub/server-harness.ts";
import { errorOf, folders, machineWith, mkdirOf } from "./hub-machine.ts";

const JSON_ONLY = { json: true } as const;

describe("a hub that cannot be used", () => {
  test("is not asked over plain http beyond this machine, nor where it redirects to", async () => {
    const machine = machineWith();
    expect(await errorOf(machine.run(login, ["http://hub.example#aaaaaaaaaaaaaaaaaaaaaa"]))).toStartWith(
      "hub_untrusted: ",
    );
    let asked = 0;
    using elsewhere = Bun.serve({ port: 0, fetch: () => (asked++, Response.json({})) });
    using redirecting = Bun.serve({
      port: 0,
      fetch: () => Response.redirect(`http://127.0.0.1:${elsewhere.port}/v1/join`, 307),
    });
    const address = `http://127.0.0.1:${redirecting.port}#aaaaaaaaaaaaaaaaaaaaaa`;
    expect(await errorOf(machine.run(login, [address]))).toContain("redirects to another address");
    expect([asked, existsSync(machine.login)]).toEqual([0, false]);
  });

  test("is named with what is wrong, and leaves everything pending", async () => {
    const machine = machineWith();
    await (async () => {
      await using hub = served();
      await machine.run(login, [`${hub.server.address}#${hub.invite("laptop")}`]);
      expect(await errorOf(machine.run(login, [`${hub.server.address}#aaaaaaaaaaaaaaaaaaaaaa`]))).toStartWith(
        "unauthorized: ",
      );
    })();
    const found = await machine.run(sync, [], JSON_ONLY);
    expect([found.code, found.warned.join().includes("cannot be reached")]).toEqual([1, true]);
    const { sent, pending } = found.json();
    expect([sent, Number(pending) > 20]).toEqual([0, true]);
    expect((await machine.run(status, [], JSON_ONLY)).json()).toMatchObject({ health: "hub_away", pending });
  });

  test("answers something else, which is not taken for a hub", async () => {
    using other = Bun.serve({ port: 0, fetch: () => new Response("<html>") });
    const machine = machineWith();
    const address = `http://127.0.0.1:${other.port}#aaaaaaaaaaaaaaaaaaaaaa`;
    expect(await errorOf(machine.run(login, [address]))).toStartWith("answer_unusable: ");
    writeFileSync(join(mkdirOf(machine.home), "login.json"), "{");
    expect(await errorOf(machine.run(sync))).toContain("login.json is damaged");
  });

  test("is addressed only by text that is an address", () => {
    const bad = [
      "",
      "ftp://hub.example",
      "https://ann:pw@hub.example",
      "https://hub.example?x=1",
      "https://hub.example#short",
      "https://a#b#c",
    ];
    for (const text of bad) expect(() => parseInvitation(text)).toThrow(PawprintError);
    expect(parseInvitation("hub.example:7297/pets/#aaaaaaaaaaaaaaaaaaaaaa")).toEqual({
      url: "https://hub.example:7297/pets",
      code: "aaaaaaaaaaaaaaaaaaaaaa",
      pin: null,
    });
  });
});

describe("a CI job", () => {
  test("is the machine ci at each run, needs no login, and works in a read-only home", async () => {
    await using hub = served();
    const env = { PET_HUB_URL: hub.server.address, PET_HUB_TOKEN: hub.tokenFor("write") };
    for (let run = 0; run < 2; run++) {
      const cache = mkdtempSync(join(tmpdir(), "pawprint-ci-"));
      folders.push(cache);
      const machine = machineWith({ ...env, PET_HOME: cache });
      chmodSync(join(machine.home, ".claude"), 0o500);
      const { code, json } = await machine.run(sync, [], JSON_ONLY);
      expect([code, json()["pending"]]).toEqual([0, 0]);
      expect(existsSync(join(machine.home, ".claude/pets"))).toBe(false);
      chmodSync(join(machine.home, ".claude"), 0o700);
    }
    const { json } = await machineWith(env).run(status, [], JSON_ONLY);
    expect(json()).toMatchObject({ health: "ok", name: "ci" });
    // Looking does not begin another epoch, of which nothing would ever be sent.
    expect(hub.hub.members.all().map(({ machine, pending }) => [machine, pending])).toEqual([["ci", {}]]);
    expect(hub.hub.members.all().map(({ machine, provenance }) => [machine, provenance])).toEqual([["ci", "ci"]]);
    expect(hub.hub.ledger.database.query("SELECT COUNT(DISTINCT epoch) AS n FROM stream").get()).toEqual({ n: 2 });
    expect(hub.hub.ledger.database.query("SELECT COUNT(DISTINCT machine) AS n FROM journal").get()).toEqual({ n: 1 });
  });

  test("succeeds with a warning when the hub is away, unless it is strict", async () => {
    const machine = machineWith({ PET_HUB_URL: "http://127.0.0.1:1", PET_HUB_TOKEN: "pawt_aaaaaaaaaaaaaaaaaaaaaaaa" });
    const { code, warned } = await machine.run(sync);
    expect([code, warned.join().includes("nothing was sent")]).toEqual([0, true]);
    expect(await errorOf(machine.run(sync, [], { strict: true }))).toStartWith("hub_away: ");
  });
});
