import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hubChecks } from "../../../src/commands/doctor/hub.ts";
import { Ledger } from "../../../src/ledger/sqlite/Ledger.ts";
import { hubIdOf } from "../../../src/sync/login-file.ts";
import { contextOf } from "../../install/harness.ts";

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** The time of the context. */
const NOW = contextOf({ HOME: "/nowhere" }, "/nowhere", {}, []).clock.now();
const key = "k".repeat(43);
const login = {
  version: 1,
  url: "https://hub.example",
  machine: "m1",
  name: "laptop",
  token: "pawm_secret",
  key,
  certificate: null,
  pin: null,
};

/** The checks of a machine with files of Pawprint, as "name state message". */
async function checksOf(files: Readonly<Record<string, string | object>>): Promise<string[]> {
  const home = mkdtempSync(join(tmpdir(), "pawprint-doctor-hub-"));
  folders.push(home);
  const pets = join(home, ".claude/pets");
  mkdirSync(pets, { recursive: true });
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(pets, name), typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
  const found = await hubChecks(contextOf({ HOME: home, PATH: "/nowhere" }, home, {}, []));
  return found.map(({ name, state, message }) => `${name} ${state} ${message.replaceAll(home, "~")}`);
}

const contactBefore = (days: number, code?: string) => ({
  version: 1,
  lowered: [],
  hubs: {
    [hubIdOf(key)]: {
      lastContact: NOW - days * 86_400_000,
      clockSkewMs: 0,
      refused: 0,
      named: [],
      late: 0,
      unsendable: [],
      problem: code === undefined ? null : { code, message: "the token is revoked", at: NOW - 60_000 },
      warning: null,
    },
  },
});

test("a machine without hub, login and service has no checks of them", async () => {
  expect(await checksOf({})).toEqual([]);
});

test("a login is checked by when the hub was last reached", async () => {
  expect(await checksOf({ "login.json": login })).toEqual(["login note nothing was sent to https://hub.example yet"]);
  expect(await checksOf({ "login.json": login, "sync.json": contactBefore(1) })).toEqual([
    "login ok this machine sends to https://hub.example as laptop",
  ]);
  expect(await checksOf({ "login.json": login, "sync.json": contactBefore(5) })).toEqual([
    "login note https://hub.example was last reached 5d00h ago",
  ]);
});

test("a login that the hub refuses is broken, and one whose hub was away for a moment is not", async () => {
  expect(await checksOf({ "login.json": login, "sync.json": contactBefore(1, "unauthorized") })).toEqual([
    "login broken https://hub.example ended the last attempt 1m ago: the token is revoked",
  ]);
  const [away] = await checksOf({ "login.json": login, "sync.json": contactBefore(1, "hub_away") });
  expect(away).toStartWith("login ok");
});

test("a damaged hub.db, a damaged login and a service that does not run are named", async () => {
  const services = {
    sync: { manager: "cron", program: ["/nowhere/pawprint"], options: [], env: {}, files: [], lines: [] },
  };
  const found = await checksOf({ "hub.db": "x".repeat(8_192), "login.json": "{", "services.json": services });
  expect(found.map((check) => check.split(" ").slice(0, 2).join(" "))).toEqual([
    "hub broken",
    "login broken",
    "service broken",
  ]);
  expect(() => new Ledger(join(folders.at(-1) ?? "", ".claude/pets/hub.db"), () => "", { profile: "hub" })).toThrow(
    expect.objectContaining({ hint: expect.stringContaining("pawprint restore FILE") }),
  );
  expect(found[2]).toContain("sync is installed and not running");
});
