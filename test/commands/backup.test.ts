import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHECKSUMS } from "../../src/commands/archive/manifest.ts";
import { freshHome } from "../entry-points/program.ts";
import { json, pets, usedHome } from "./backups.ts";

const folder = mkdtempSync(join(tmpdir(), "pawprint-backup-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("pawprint backup and restore", () => {
  test("give another home the same reports, log and settings, but keep its own paths", async () => {
    using home = await usedHome();
    using other = freshHome();
    const file = join(folder, "whole.tar");
    const written = await json(home, "backup", file);
    expect((written["files"] as { name: string }[]).map(({ name }) => name)).toEqual([
      "ledger.db",
      "log/usage.jsonl.000001",
      "log/usage.jsonl",
      "log/status.jsonl",
      "log/usage.db",
      "log/salt",
      "settings.env",
      "prices.json",
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    mkdirSync(pets(other), { recursive: true });
    writeFileSync(join(pets(other), ".env"), `PET_LOG_DIR=${other.logs}\nPET_NAME=Bob\n`);
    expect((await other.run("cli", ["restore", file])).code).toBe(0);
    for (const report of ["daily", "monthly", "projects", "models", "tools", "files", "blocks", "limits"]) {
      const here = await json(home, report);
      expect(await json(other, report)).toEqual(here);
    }
    expect((await json(other, "daily"))["totals"]).not.toEqual({});
    for (const name of ["usage.jsonl", "usage.jsonl.000001", "status.jsonl"])
      expect(readFileSync(join(other.logs, name))).toEqual(readFileSync(join(home.logs, name)));
    const settings = readFileSync(join(pets(other), ".env"), "utf8");
    expect(settings).toBe(
      `PET_USAGE_LOGGING_ENABLED=true\nPET_LOG_STORAGE_TYPE=hybrid\nPET_NAME=Mia\nPET_LOG_DIR=${other.logs}\n`,
    );
    const kept = readdirSync(pets(other)).find((name) => name.startsWith(".env.before-restore-")) ?? "";
    expect(readFileSync(join(pets(other), kept), "utf8")).toContain("PET_NAME=Bob");
  }, 60_000);

  test("write what tar can list and sha256sum can check", async () => {
    using home = await usedHome();
    const file = join(folder, "listed.tar");
    await json(home, "backup", file);
    mkdirSync(join(folder, "unpacked"));
    expect(Bun.spawnSync(["tar", "xf", file, "-C", join(folder, "unpacked")]).exitCode).toBe(0);
    const checked = Bun.spawnSync(["sha256sum", "--check", "--strict", CHECKSUMS], { cwd: join(folder, "unpacked") });
    expect(checked.stdout.toString().match(/: OK\n/g)).toHaveLength(9);
  }, 60_000);

  test("take ledger and log as they are at one moment while another process writes both", async () => {
    using home = await usedHome("jsonl");
    const ledger = join(pets(home), "ledger.db");
    // Writes two equal values in each transaction, and records under the log's lock, as a worker does.
    const writer = Bun.spawn([process.execPath, join(import.meta.dir, "backup-writer.ts"), ledger, home.logs], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    try {
      await home.until(() => existsSync(join(home.logs, "usage.jsonl.000003")), "the log is rotated");
      const counts: number[] = [];
      for (let round = 0; round < 4; round++) {
        using other = freshHome();
        const file = join(folder, `busy-${round}.tar`);
        await json(home, "backup", file);
        const { checked } = (await json(other, "restore", file)) as { checked: { name: string; path: string }[] };
        using restored = new Database(join(pets(other), "ledger.db"));
        expect(restored.query("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
        const values = restored.query<{ value: string }, []>("SELECT value FROM meta WHERE name LIKE 'test-%'").all();
        expect(values).toHaveLength(2);
        expect(values[0]).toEqual(values[1] as never);
        counts.push(Number(values[0]?.value));
        const logs = checked.filter(({ name }) => name.startsWith("log/usage.jsonl")).map(({ path }) => path);
        const lines = logs.flatMap((path) => readFileSync(path, "utf8").split("\n").slice(0, -1));
        const numbers = lines
          .map((line) => (JSON.parse(line) as { number?: number }).number)
          .filter((one) => one !== undefined);
        // No record is missing between the first and the last.
        expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at));
        expect(numbers.length).toBeGreaterThan(10);
      }
      expect(counts.toSorted((a, b) => a - b)).toEqual(counts);
      expect(new Set(counts).size).toBeGreaterThan(1);
    } finally {
      writer.kill();
      await writer.exited;
    }
  }, 60_000);

  test("keep the files that were there before, and move other files of the log aside", async () => {
    using home = await usedHome();
    const file = join(folder, "first.tar");
    await json(home, "backup", file);
    writeFileSync(join(home.logs, "usage.jsonl"), "");
    writeFileSync(join(home.logs, "limits.jsonl"), "{}\n");
    const { files } = (await json(home, "restore", file)) as { files: Record<string, string>[] };
    const results = files.map(({ name, result }) => `${name} ${result}`);
    expect(results).toContain("ledger.db restored");
    expect(results).toContain("log/usage.jsonl restored");
    expect(results).toContain("log/status.jsonl unchanged");
    expect(results).toContain("limits.jsonl moved aside");
    expect(readFileSync(files.find(({ name }) => name === "limits.jsonl")?.["kept"] ?? "", "utf8")).toBe("{}\n");
    expect(readdirSync(join(home.logs, ".run")).filter((name) => /^(?:state|memory)/.test(name))).toEqual([]);
    expect(readdirSync(pets(home)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  }, 60_000);

  test("leave every file either old or new when restore is killed, and complete it when repeated", async () => {
    using home = await usedHome("jsonl");
    const file = join(folder, "killed.tar");
    await json(home, "backup", file);
    const changed = ["usage.jsonl", "status.jsonl", "usage.jsonl.000001"].map((name) => join(home.logs, name));
    const restored = new Map(changed.map((path) => [path, readFileSync(path, "utf8")]));
    const responses = (): unknown =>
      new Database(join(pets(home), "ledger.db"), { readonly: true }).query("SELECT COUNT(*) AS n FROM response").get();
    const before = responses();
    let wasKilled = 0;
    for (let delay = 40; delay < 400; delay += 24) {
      for (const path of changed) writeFileSync(path, `${path}\n`);
      const child = home.start("cli", ["restore", file], {});
      await Bun.sleep(delay);
      child.kill("SIGKILL");
      if ((await child.exited) !== 0) wasKilled++;
      for (const path of changed) expect([`${path}\n`, restored.get(path)]).toContain(readFileSync(path, "utf8"));
      expect(responses()).toEqual(before);
    }
    expect(wasKilled).toBeGreaterThan(2);
    await json(home, "restore", file);
    for (const path of changed) expect(readFileSync(path, "utf8")).toBe(restored.get(path) ?? "");
    expect(readdirSync(home.logs).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  }, 60_000);

  test("refuse an existing file, a folder and a link as the backup's file", async () => {
    using home = await usedHome("jsonl");
    const taken = join(folder, "taken.tar");
    writeFileSync(taken, "abc");
    const link = join(folder, "link.tar");
    symlinkSync("/nonexistent", link);
    for (const path of [taken, link, folder]) {
      const { code, err } = await home.run("cli", ["backup", path]);
      expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/ exists already| is not a regular file/) });
    }
    expect(readFileSync(taken)).toHaveLength(3);
  }, 60_000);

  test("change nothing when a file that is there cannot be copied before it is replaced", async () => {
    using home = await usedHome();
    const file = join(folder, "copied.tar");
    // Its copy would have a longer name than file systems allow.
    const database = join(home.path, "d".repeat(210));
    copyFileSync(join(home.logs, "usage.db"), database);
    const env = { PET_LOG_DB_PATH: database };
    expect(await home.run("cli", ["backup", file], { env })).toMatchObject({ code: 0 });
    writeFileSync(join(home.logs, "usage.jsonl"), "changed\n");
    writeFileSync(database, "");
    const contents = () =>
      [home.path, pets(home), home.logs].flatMap((directory) =>
        readdirSync(directory)
          .toSorted()
          .flatMap((name) => {
            const path = join(directory, name);
            const { ino } = statSync(path);
            return statSync(path).isFile() && !name.endsWith("lock") ? [`${path} ${ino}`] : [];
          }),
      );
    const before = contents();
    const { code, err } = await home.run("cli", ["restore", file], { env });
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining(`${database} cannot be written (ENAMETOOLONG)`),
    });
    expect(contents()).toEqual(before);
  }, 60_000);
});
