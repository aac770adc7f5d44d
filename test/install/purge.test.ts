import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { entryPath } from "../entry-points/program.ts";
import { bun, INPUT, Machine, removeMachines, SETTINGS } from "./used-machine.ts";

afterAll(removeMachines);

/** Machines that keep their files in different places; the Pawprint directory, and options of install. */
const machines: [string, (home: string) => Readonly<Record<string, string>>, string, string[]][] = [
  ["in the default places", () => ({}), ".claude/pets", []],
  ["with --home elsewhere", () => ({}), "elsewhere/paw", ["--home", "~/elsewhere/paw"]],
  [
    "with log and ledger elsewhere",
    (home) => ({ PET_LOG_DIR: `${home}/a/logs`, PET_LEDGER_PATH: `${home}/b/c/usage.db` }),
    ".claude/pets",
    [],
  ],
  [
    "with records in SQLite elsewhere",
    (home) => ({ PET_LOG_STORAGE_TYPE: "hybrid", PET_LOG_DB_PATH: `${home}/db/log.db` }),
    ".claude/pets",
    [],
  ],
  [
    "with several configuration directories",
    (home) => ({ CLAUDE_CONFIG_DIR: `${home}/one,${home}/two` }),
    ".claude/pets",
    [],
  ],
];

describe("uninstall --purge", () => {
  test.each(machines)(
    "leaves a home as it was before the installation, %s",
    async (_, env, pets, options) => {
      const machine = new Machine(env);
      machine.write(".claude/settings.json", SETTINGS);
      machine.write("one/settings.json", SETTINGS);
      const before = machine.listing();
      await machine.use(join(machine.home, pets), ...options);
      expect(machine.listing().length).toBeGreaterThan(before.length + 20);
      const { out, code } = await machine.run([
        join(machine.home, pets, "bin/pawprint"),
        "uninstall",
        "--purge",
        "--yes",
      ]);
      expect({ out, code }).toEqual({ out: expect.stringContaining("pawprint backup"), code: 0 });
      expect(machine.listing()).toEqual(before);
    },
    60_000,
  );

  test("removes only files of Pawprint, and names the others in its directories", async () => {
    const machine = new Machine((home) => ({ PET_LOG_DIR: `${home}/shared` }));
    machine.write("shared/usage.jsonl.bak", "somebody else's");
    machine.write("shared/target.jsonl", "somebody else's");
    symlinkSync(join(machine.home, "shared/target.jsonl"), join(machine.home, "shared/diagnostics.jsonl"));
    machine.write(".claude/settings.json.bak", "somebody else's");
    const before = machine.listing();
    await machine.use(join(machine.home, ".claude/pets"));
    machine.write(".claude/pets/prices.json", "{}");
    machine.write(".claude/pets/logs.txt", "mine");
    const foreign = machine.listing().filter((line) => / pets|pets\/(?:prices\.json|logs\.txt)/.test(line));
    const { out } = await machine.uninstall("--purge", "--yes");
    expect(out).toContain(`kept: ${machine.home}/.claude/pets/prices.json, which was not written by Pawprint`);
    expect(out).toContain(`kept: ${machine.home}/shared/diagnostics.jsonl, which is not a regular file`);
    const after = machine.listing();
    expect(after.filter((line) => !line.startsWith(".claude/pets"))).toEqual(before);
    expect(after.filter((line) => line.startsWith(".claude/pets/"))).toEqual(foreign);
  }, 60_000);

  test.skipIf(process.getuid?.() !== 0)(
    "leaves a log directory of another user alone",
    async () => {
      const machine = new Machine();
      await machine.use(join(machine.home, ".claude/pets"));
      const logs = join(machine.home, ".claude/pets/logs");
      await machine.run(["chown", "-R", "65534", logs]);
      const before = machine.listing().filter((line) => line.startsWith(".claude/pets/logs"));
      const { out } = await machine.uninstall("--purge", "--yes");
      expect(out).toContain(`kept: ${logs}/usage.jsonl, which belongs to user 65534`);
      expect(machine.listing().filter((line) => line.startsWith(".claude/pets"))).toEqual([
        expect.stringMatching(/^\.claude\/pets 700/) as unknown as string,
        ...before,
      ]);
    },
    60_000,
  );

  test("asks before it removes anything, so that it does nothing without a terminal", async () => {
    const machine = new Machine();
    await machine.use(join(machine.home, ".claude/pets"));
    const before = machine.listing();
    const refused = await machine.uninstall("--purge");
    expect(refused).toEqual({ code: 2, out: expect.stringContaining("add --yes to remove it") });
    const listed = await machine.uninstall("--purge", "--dry-run", "--json");
    const { removed } = JSON.parse(listed.out) as { removed: { what: string; files: string[] }[] };
    expect(removed.map(({ what }) => what)).toEqual([
      "usage log",
      "ledger",
      "hook data",
      "program",
      "settings",
      "record of the installation",
    ]);
    for (const { files } of removed)
      for (const file of files)
        expect(before.some((line) => line.startsWith(`${file.slice(machine.home.length + 1)} `))).toBe(true);
    expect(machine.listing()).toEqual(before);
  }, 60_000);

  test("ends with nothing left when it is killed again and again before", async () => {
    const machine = new Machine((home) => ({ PET_LEDGER_PATH: `${home}/b/usage.db` }));
    machine.write(".claude/settings.json", SETTINGS);
    const before = machine.listing();
    await machine.use(join(machine.home, "paw"), "--home", "~/paw");
    // Each run is killed when one more file is gone than the run before left.
    for (let count = machine.listing().length; count > before.length;) {
      const child = Bun.spawn([bun, entryPath("cli"), "uninstall", "--purge", "--yes"], {
        env: machine.env,
        stdio: ["ignore", "ignore", "ignore"],
      });
      while (machine.listing().length >= count && child.exitCode === null) await Bun.sleep(1);
      child.kill("SIGKILL");
      await child.exited;
      const now = machine.listing().length;
      if (now >= count) break;
      count = now - 6;
    }
    const { code, out } = await machine.uninstall("--purge", "--yes");
    expect(code === 0 ? code : out).toBe(0);
    expect(machine.listing()).toEqual(before);
  }, 60_000);

  test("is not undone by a line and a worker that were already running", async () => {
    const machine = new Machine();
    const before = machine.listing();
    // An executable has all of its code in memory, also after its file is gone.
    await machine.use(join(machine.home, ".claude/pets"), "--standalone");
    // A new session has a record due. Its line waits for its input until the purge has ended.
    const line = Bun.spawn([join(machine.home, ".claude/pets/bin/pawprint"), "statusline"], {
      env: machine.env,
      stdio: ["pipe", "pipe", "ignore"],
    });
    const worker = Bun.spawn([join(machine.home, ".claude/pets/bin/pawprint"), "worker"], {
      env: machine.env,
      stdio: ["ignore", "ignore", "ignore"],
    });
    await line.stdin.write(INPUT.replace("s1", "s2").slice(0, 20));
    await line.stdin.flush();
    await Bun.sleep(200);
    expect((await machine.uninstall("--purge", "--yes")).code).toBe(0);
    await Promise.resolve(line.stdin.write(INPUT.replace("s1", "s2").slice(20))).catch(() => undefined);
    await line.stdin.end();
    expect([await line.exited, await line.stdout.text()]).toEqual([
      0,
      expect.stringContaining("\n") as unknown as string,
    ]);
    await worker.exited;
    expect(machine.listing()).toEqual(before);
  }, 60_000);
});

describe("uninstall", () => {
  test("lists all that stays, with its size and a command that removes it", async () => {
    const machine = new Machine();
    machine.write(".claude/settings.json", SETTINGS);
    await machine.use(join(machine.home, ".claude/pets"));
    chmodSync(join(machine.home, ".claude"), 0o755);
    const foreign = ["ledger.db.mine", "logs/usage.jsonl.bak", ".env.example"].map((name) => `.claude/pets/${name}`);
    for (const path of foreign) machine.write(path, "somebody else's");
    const { out } = await machine.uninstall();
    expect(out).toMatch(/^kept; \S.* uninstall --purge removes all of it/m);
    const commands = out.split("\n").filter((text) => /^ {4}rm /.test(text));
    expect(commands).toHaveLength(6);
    expect(out).toMatch(/ {2}ledger: \d files?, [\d.]+ [kM]B\n/);
    // The commands do what they say.
    for (const command of commands) await machine.run(["/bin/bash", "-c", command]);
    const left = machine
      .listing()
      .filter((name) => name.startsWith(".claude/") && !name.startsWith(".claude/projects"));
    expect(left.map((name) => name.split(" ")[0])).toEqual(
      [".claude/pets", ".claude/pets/logs", ".claude/settings.json", ...foreign].toSorted(),
    );
  }, 60_000);
});
