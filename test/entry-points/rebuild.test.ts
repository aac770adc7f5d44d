import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { migrations } from "../../src/ledger/sqlite/migrations/registry.ts";
import { ISOLATED } from "../../src/utils/paths.ts";
import { dumpOf, wrongSums } from "../ledger/dump.ts";
import { entryPath, freshHome } from "./program.ts";

import {
  LEDGER,
  homeWithLedger,
  runRebuild,
  pets,
  checkpoint,
  machineOf,
  accountsOf,
  corrupt,
} from "./rebuild-home.ts";

describe("pawprint rebuild", () => {
  test("rebuilds an intact ledger with the same content, including deleted files and imports, and keeps the old one", async () => {
    const { home, path } = await homeWithLedger();
    using _ = home;
    const [before, machine, accounts] = [dumpOf(path), machineOf(path), accountsOf(path)];
    expect(accounts).toContainEqual({ assistant: "claude-code", id: "gone", account: join(home.path, ".claude") });
    checkpoint(path);
    const bytes = readFileSync(path);
    const { kept, damaged, wasWhole, lost, old } = await runRebuild(home);
    expect({ kept: kept === before.journal.length, damaged, wasWhole, lost: lost.responses }).toEqual({
      kept: true,
      damaged: 0,
      wasWhole: true,
      lost: 0,
    });
    expect(dumpOf(path)).toEqual(before);
    expect(machineOf(path)).toBe(machine);
    expect(accountsOf(path)).toEqual(accounts);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(old).mode & 0o777).toBe(0o600);
    // Except for the two bytes with the journal mode.
    expect(readFileSync(old).subarray(100).equals(bytes.subarray(100))).toBe(true);
    expect(pets(path).filter((name) => !/^ledger\.db(-wal|-shm|\.rebuild-lock|\.\d{4}-.*\.old)?$/.test(name))).toEqual(
      [],
    );
    const { out } = await home.run("cli", ["daily", "--json"]);
    expect(out).toContain("2026-01-05");
  }, 60_000);

  test("recovers all of a ledger whose beginning is overwritten", async () => {
    const { home, path } = await homeWithLedger();
    using _ = home;
    const [before, machine] = [dumpOf(path), machineOf(path)];
    checkpoint(path);
    corrupt(path, (bytes) => bytes.fill("x", 0, 4_096));
    const { code, err } = await home.run("cli", ["daily"]);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining("pawprint rebuild") as string });
    const { wasWhole, lost } = await runRebuild(home);
    expect({ wasWhole, lost: lost.responses }).toEqual({ wasWhole: false, lost: 0 });
    expect(dumpOf(path)).toEqual(before);
    expect(machineOf(path)).toBe(machine);
  }, 60_000);

  test("recovers data that is only in the write-ahead log of a ledger whose beginning is overwritten", async () => {
    const { home, path } = await homeWithLedger();
    using _ = home;
    const before = dumpOf(path);
    checkpoint(path);
    // As after a killed process: the newest data is only in the write-ahead log.
    const [whole, log] = [`${path}.whole`, `${path}.log`];
    copyFileSync(path, whole);
    {
      using database = new Database(path);
      database.run("PRAGMA wal_autocheckpoint=0");
      database.run("UPDATE journal SET source = source || ''");
      database.run("UPDATE journal SET digest = digest + 1");
      database.run("UPDATE journal SET digest = digest - 1");
      copyFileSync(`${path}-wal`, log);
    }
    copyFileSync(log, `${path}-wal`);
    rmSync(log);
    copyFileSync(whole, path);
    rmSync(whole);
    corrupt(path, (bytes) => bytes.fill("x"));
    corrupt(`${path}-wal`, (bytes) => bytes.fill("x", 0, 32));
    const { old } = await runRebuild(home);
    expect(dumpOf(path)).toEqual(before);
    expect(existsSync(`${old}-wal`)).toBe(true);
  }, 60_000);

  test("recovers the readable rows of a damaged ledger, drops the corrupted ones, and the new ledger is intact", async () => {
    const { home, path } = await homeWithLedger();
    using _ = home;
    checkpoint(path);
    const good = readFileSync(path);
    const journal = dumpOf(path).journal.length;
    for (const seed of [1, 2, 3, 4]) {
      rmSync(path);
      writeFileSync(path, good, { mode: 0o600 });
      let state = seed * 7_919;
      const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
      corrupt(path, (bytes) => {
        for (let hole = 0; hole < 15; hole++) {
          const at = 16_384 + random(bytes.length - 16_424);
          for (let index = 0; index < 40; index++) bytes[at + index] = random(256);
        }
      });
      const { kept, lost, responses } = await runRebuild(home);
      // Each overwritten place damages at most one page.
      expect(kept).toBeGreaterThan(journal / 4);
      expect(responses + lost.responses).toBeGreaterThan(0);
      expect(wrongSums(path)).toEqual([]);
      using database = new Database(path, { readonly: true });
      expect(database.query("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
      expect((await home.run("cli", ["verify"])).code).toBe(0);
    }
  }, 120_000);

  test("drops an observation with a changed digit, and says so", async () => {
    const { home, path } = await homeWithLedger();
    using _ = home;
    checkpoint(path);
    {
      using database = new Database(path);
      database.run(
        "UPDATE journal SET body = replace(body, 'req_gone-7\"', 'req_gone-8\"') WHERE key = 'response:msg_gone-7'",
      );
    }
    checkpoint(path);
    const { damaged, lost } = await runRebuild(home);
    expect({ damaged, lost: lost.responses }).toEqual({ damaged: 1, lost: 1 });
    const { out } = await home.run("cli", ["rebuild"]);
    expect(out).toContain("observations were kept from the old ledger\n");
  }, 60_000);

  test("leaves either the old ledger or the new one if killed at any moment", async () => {
    const { home, path } = await homeWithLedger();
    using _ = home;
    const before = dumpOf(path);
    const program = [process.execPath, ...ISOLATED, entryPath("cli"), "rebuild"];
    const env = { PATH: "/usr/bin:/bin", HOME: home.path };
    const started = performance.now();
    await Bun.spawn(program, { env, stdio: ["ignore", "ignore", "inherit"] }).exited;
    const whole = performance.now() - started;
    for (let round = 0; round < 25; round++) {
      const child = Bun.spawn(program, { env, stdio: ["ignore", "ignore", "inherit"] });
      await Bun.sleep((whole * (round + 1)) / 24);
      child.kill("SIGKILL");
      await child.exited;
      expect(dumpOf(path)).toEqual(before);
      expect(await home.run("cli", ["daily"])).toMatchObject({ code: 0, err: "" });
    }
    await runRebuild(home);
    expect(dumpOf(path)).toEqual(before);
    expect(pets(path).filter((name) => name.includes(".new") || name.endsWith(".tmp"))).toEqual([]);
    using database = new Database(path, { readonly: true });
    expect(database.query("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  }, 120_000);

  test("is refused while another process has the ledger open, and while another rebuild is running", async () => {
    const { home, path } = await homeWithLedger();
    using _ = home;
    using other = new Database(path);
    other.query("SELECT * FROM journal LIMIT 1").get();
    const [one, two] = await Promise.all([home.run("cli", ["rebuild"]), home.run("cli", ["rebuild"])]);
    expect([one.code, two.code]).toEqual([1, 1]);
    expect(one.err + two.err).toContain("another rebuild is running");
    expect(one.err + two.err).toContain("another process is using the ledger");
  }, 60_000);

  test("refuses a missing ledger, a newer one and another program's database with a message", async () => {
    using home = freshHome();
    const path = join(home.path, LEDGER);
    expect(await home.run("cli", ["rebuild"])).toMatchObject({
      code: 1,
      err: expect.stringContaining("there is no ledger") as string,
    });
    await home.run("cli", ["daily"]);
    checkpoint(path);
    const good = readFileSync(path);
    const changes: readonly (readonly [sql: string, message: string])[] = [
      ["PRAGMA user_version=99", "was written by a newer version"],
      ["PRAGMA user_version=-1", "is not a Pawprint ledger"],
    ];
    for (const [sql, message] of changes) {
      writeFileSync(path, good);
      {
        using database = new Database(path);
        database.run(sql);
      }
      for (const command of ["daily", "tools", "scan", "verify", "rebuild"]) {
        const { code, err } = await home.run("cli", [command]);
        expect({ command, code, err, has: err.includes(message) }).toEqual({ command, code: 1, err, has: true });
        expect(err.split("\n").length).toBe(3);
      }
    }
    const foreign = [0, 1, 4, migrations.length].flatMap((version) =>
      ["foo", "journal"].map((table) => `CREATE TABLE ${table} (a); PRAGMA user_version=${version}`),
    );
    for (const sql of foreign) {
      rmSync(path);
      {
        using database = new Database(path, { create: true });
        database.run(sql);
      }
      const bytes = readFileSync(path);
      for (const command of ["daily", "tools", "scan", "verify", "rebuild"]) {
        const { code, err } = await home.run("cli", [command]);
        expect({ command, code, has: err.includes("is not a Pawprint ledger") }).toEqual({
          command,
          code: 1,
          has: true,
        });
        expect(err.split("\n").length).toBe(3);
      }
      expect(readFileSync(path).equals(bytes)).toBe(true);
      expect(pets(path).filter((name) => /-wal$|-shm$/.test(name))).toEqual([]);
    }
  }, 60_000);

  test("is recommended for a ledger without its version or a table, and repairs it", async () => {
    const { home, path } = await homeWithLedger();
    using _ = home;
    const before = dumpOf(path);
    checkpoint(path);
    const good = readFileSync(path);
    for (const sql of ["PRAGMA user_version=0", "DROP TABLE response", "DROP TABLE meta"]) {
      writeFileSync(path, good);
      {
        using database = new Database(path);
        database.run(sql);
      }
      const { code, err } = await home.run("cli", ["verify"]);
      expect({ sql, code, lines: err.split("\n").length }).toEqual({ sql, code: 1, lines: 3 });
      expect(err).toContain("run: pawprint rebuild");
      await runRebuild(home);
      expect(dumpOf(path).journal.length).toBe(before.journal.length);
      checkpoint(path);
    }
  }, 60_000);

  test("refuses a path that is not a regular file at once, and creates nothing next to it", async () => {
    using home = freshHome();
    const path = join(home.path, LEDGER);
    mkdirSync(join(path, ".."), { recursive: true });
    for (const make of [["mkfifo"], ["mkdir"], ["ln", "-s", "/dev/zero"], ["ln", "-s", "/nonexistent/ledger.db"]]) {
      expect(Bun.spawnSync([...make, path]).exitCode).toBe(0);
      const { code, err } = await home.run("cli", ["rebuild"]);
      expect({ make, code, err }).toEqual({
        make,
        code: 1,
        err: `pawprint: ${path} is not a regular file\n  move it away; pawprint does not write to it\n`,
      });
      expect(pets(path).filter((name) => name.startsWith("ledger"))).toEqual(["ledger.db"]);
      rmSync(path, { recursive: true });
    }
  }, 30_000);
});
