import { describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLedgerFor } from "../../src/cli/report-command.ts";
import { login } from "../../src/commands/login.ts";
import { open } from "../../src/commands/open.ts";
import { openBrowser, openersFor } from "../../src/commands/open/browser.ts";
import { OwnLedger } from "../../src/commands/open/OwnLedger.ts";
import { CommitFeed } from "../../src/hub/CommitFeed.ts";
import { putAddress } from "../../src/hub/store.ts";
import { ownTls, type ServerTls } from "../../src/hub/tls.ts";
import { tryLock } from "../../src/utils/lock.ts";
import { serveLock } from "../../src/utils/paths.ts";
import { hubOf } from "../hub/harness.ts";
import { served } from "../hub/server-harness.ts";
import { contextOf } from "../install/harness.ts";
import { errorOf, folders, machineWith, mkdirOf } from "./hub-machine.ts";

const root = join(import.meta.dir, "../..");
const PRINTED = { hub: true, "no-browser": true } as const;
const codeIn = (text: string): string => /#code=([\w-]{22})$/.exec(text)?.[1] ?? "";

/** A folder with a program of this name that keeps its arguments, and then exits with a status. */
function folderWith(name: string, status = 0): string {
  const folder = mkdtempSync(join(tmpdir(), "pawprint-opener-"));
  folders.push(folder);
  writeFileSync(join(folder, name), `#!/bin/sh\nprintf '%s\\n' "$@" > "${folder}/arguments"\nexit ${status}\n`);
  chmodSync(join(folder, name), 0o755);
  return folder;
}

describe("the browser", () => {
  test("is opened by what each system has for that, with the address as one argument", () => {
    expect(openersFor("darwin", {})).toEqual([["open"]]);
    expect(openersFor("win32", {})).toEqual([["rundll32", "url.dll,FileProtocolHandler"]]);
    expect(openersFor("linux", { WSL_DISTRO_NAME: "Debian" })).toEqual([["wslview"], ["xdg-open"]]);
    expect(openersFor("linux", { WAYLAND_DISPLAY: "wayland-0" })).toEqual([["xdg-open"]]);
    expect(openersFor("linux", { DISPLAY: "" })).toEqual([]);
  });

  test("gets an address as it is, and counts as opened only where its program succeeds", async () => {
    const url = "http://127.0.0.1:1/#code=a;b&c$(d)";
    const folder = folderWith("xdg-open");
    expect(await openBrowser(url, { PATH: folder, DISPLAY: ":0" }, "linux")).toBe(true);
    expect(readFileSync(join(folder, "arguments"), "utf8")).toBe(`${url}\n`);
    expect(await openBrowser(url, { PATH: folderWith("xdg-open", 4), DISPLAY: ":0" }, "linux")).toBe(false);
    expect(await openBrowser(url, { PATH: "/nonexistent", DISPLAY: ":0" }, "linux")).toBe(false);
    expect(await openBrowser(url, { PATH: folder }, "linux")).toBe(false);
  });
});

describe("the ledger that a page shows", () => {
  test("reports what is appended, and what another process reads, while a page listens", async () => {
    const { home } = machineWith();
    const context = {
      ...contextOf({ HOME: home, PET_SYNC_INTERVAL: "100" }, root, {}, []),
      clock: { now: () => performance.timeOrigin + performance.now(), sleep: () => Bun.sleep(1) },
    };
    using opened = openLedgerFor(context);
    const own = new OwnLedger(context, opened);
    const feed = new CommitFeed(0);
    const stop = new AbortController();
    const scanned = Promise.withResolvers<void>();
    const following = own.follow(feed, scanned.promise, stop.signal);
    const { database, machine, queries } = opened.ledger;
    const head = (): unknown => database.query("SELECT MAX(seq) AS upto FROM journal").get();
    /** Resolves when all rows of the ledger have been reported. */
    const reported = (): Promise<void> =>
      new Promise((resolve) => {
        const leave = feed.subscribe(({ machines }) => {
          expect(machines).toMatchObject([{ machine }]);
          if (!Bun.deepEquals(head(), { upto: machines[0]?.upto })) return;
          queueMicrotask(() => leave());
          resolve();
        });
      });
    // Nothing is read before the first scan has ended, not even for a report.
    await own.place();
    expect(await queries.span()).toBeNull();
    {
      using other = openLedgerFor(context);
      const news = reported();
      for (const phase of ["usage", "activity"] as const) await other.collector.scan(phase);
      await news;
    }
    scanned.resolve();
    const before = head();
    const projects = join(home, ".claude/projects/-home-user-project");
    const news = reported();
    cpSync(join(root, "test/fixtures/transcripts/main-interactive-compact-then-resumed"), projects, {
      recursive: true,
    });
    await news;
    expect(head()).not.toEqual(before);
    stop.abort();
    await following;
  });
});

describe("the page of a hub", () => {
  test("is opened by a machine's reading key, and by no other machine", async () => {
    await using hub = served();
    const [reader, sender] = [machineWith(), machineWith()];
    await reader.run(login, [`${hub.server.address}#${hub.invite("reader", true)}`]);
    await sender.run(login, [`${hub.server.address}#${hub.invite("sender")}`]);
    const { text } = await reader.run(open, [], PRINTED);
    expect(text).toContain(`the page of the hub is at ${hub.server.address}\n`);
    const answer = await hub.post("/v1/page", { code: codeIn(text) });
    const { token } = (await answer.json()) as { token: string };
    expect(hub.hub.tokens.identify(token)).toMatchObject({ scope: "read", name: "page of reader (reads)" });
    expect(await errorOf(sender.run(open, [], PRINTED))).toContain("pawprint invite NAME --read");
    expect(await errorOf(reader.run(open, [], { ...PRINTED, admin: true }))).toMatch(/^forbidden: .*scope admin/);
    const [PET_HUB_URL, PET_HUB_TOKEN] = [hub.server.address, hub.tokenFor("admin")];
    const other = await machineWith().run(open, [], { ...PRINTED, admin: true }, { PET_HUB_URL, PET_HUB_TOKEN });
    const admin = (await (await hub.post("/v1/page", { code: codeIn(other.text) })).json()) as { token: string };
    expect(hub.hub.tokens.identify(admin.token).scope).toBe("admin");
  });

  test("is opened on the hub's own machine while the hub runs, through its file", async () => {
    const machine = machineWith();
    const path = join(mkdirOf(machine.home), "hub.db");
    await using hub = served({}, path);
    putAddress(hub.hub.ledger, { url: hub.server.address, pin: null });
    expect(await errorOf(machine.run(open, [], PRINTED))).toContain("the hub of this machine is not running");
    const lock = tryLock(serveLock(path));
    try {
      const { text } = await machine.run(open, [], PRINTED);
      // The code is of the machine's clock, which is behind that of the hub here.
      expect(codeIn(text)).not.toBe("");
      expect(hub.hub.ledger.database.query("SELECT parent, scope, token FROM page").all()).toEqual([
        { parent: "local", scope: "read", token: "" },
      ]);
    } finally {
      lock?.release();
    }
  });

  test("is opened with the fingerprint by which a person recognises a certificate that the hub made itself", async () => {
    const machine = machineWith();
    const path = join(mkdirOf(machine.home), "hub.db");
    const tls = ((): ServerTls => {
      using made = hubOf(path);
      return ownTls(made.hub.ledger, ["127.0.0.1"]);
    })();
    await using hub = served({ tls }, path);
    const { url, pin } = { url: hub.server.address, pin: tls.pin };
    putAddress(hub.hub.ledger, { url, pin });
    const reader = machineWith();
    await reader.run(login, [`${url}#${hub.invite("reader", true)}.${pin}`]);
    const { fingerprint256 } = new X509Certificate(tls.cert);
    const lock = tryLock(serveLock(path));
    try {
      for (const one of [machine, reader])
        expect((await one.run(open, [], PRINTED)).warned.join("\n")).toContain(fingerprint256);
    } finally {
      lock?.release();
    }
  });

  test("is refused where there is none, and with options that belong to the own page", async () => {
    const machine = machineWith();
    expect(await errorOf(machine.run(open, [], PRINTED))).toContain("bad_usage: this machine has no hub");
    expect(await errorOf(machine.run(open, [], { ...PRINTED, port: "1" }))).toContain("open --hub takes no --port");
    expect(await errorOf(machine.run(open, [], { admin: true }))).toContain("--admin is for the page of a hub");
    for (const port of ["65536", "-1", "x", "1e3"])
      expect(await errorOf(machine.run(open, [], { port }))).toContain(`invalid value for --port: "${port}"`);
    expect(existsSync(join(machine.home, ".claude/pets/ledger.db"))).toBe(false);
  });
});
