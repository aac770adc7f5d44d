import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { archiveOf } from "../commands/backups.ts";
import { entryPath } from "../entry-points/program.ts";
import { bun, Machine, removeMachines, SETTINGS } from "./used-machine.ts";

afterAll(removeMachines);

describe("uninstall --purge, among other programs", () => {
  test("keeps what another program wrote where a setting names a place of Pawprint's", async () => {
    const machine = new Machine();
    machine.write("notes.txt", "mine");
    for (const name of ["app.db", "other.db"]) {
      using database = new Database(join(machine.home, name));
      database.run("CREATE TABLE users (name)");
    }
    const backup = join(machine.home, "backup.tar");
    writeFileSync(backup, archiveOf({ "settings.env": "PET_NAME=Mia\n" }));
    for (const name of [".env", "index.js", "hooks/a.jsonl", "prices.json"]) machine.write(`project/${name}`, "{}");
    const before = machine.listing();
    const places = [
      { PET_LEDGER_PATH: `${machine.home}/notes.txt`, PET_LOG_DB_PATH: `${machine.home}/other.db` },
      { PET_LEDGER_PATH: `${machine.home}/app.db`, PET_LOG_DB_PATH: `${machine.home}/notes.txt` },
      { PET_HOME: `${machine.home}/project` },
    ];
    const kept: string[] = [];
    for (const env of places) {
      const { out } = await machine.run([bun, entryPath("cli"), "uninstall", "--purge", "--yes"], "", env);
      kept.push(...out.split("\n").filter((text) => text.startsWith("kept: ")));
    }
    expect(kept.join("\n").replaceAll(`${machine.home}/`, "")).toBe(
      [
        "kept: other.db, which is not a database of Pawprint's log",
        "kept: notes.txt, which is damaged, or not a ledger (SQLITE_NOTADB)",
        "kept: notes.txt, which is not a database of Pawprint's log",
        "kept: app.db, which is not a Pawprint ledger (it holds other tables)",
        "kept: project, which contains index.js, which does not belong to Pawprint: only a log and a ledger are looked for in it",
      ].join("\n"),
    );
    const restored = await machine.run([bun, entryPath("cli"), "restore", backup], "", places[2]);
    expect(restored).toEqual({
      code: 1,
      out: expect.stringContaining("project contains index.js, which does not belong"),
    });
    expect(machine.listing()).toEqual(before);
  }, 60_000);

  test("changes nothing while pawprint watch runs, and several at once leave nothing", async () => {
    const machine = new Machine();
    machine.write(".claude/settings.json", SETTINGS);
    const before = machine.listing();
    await machine.install();
    await machine.run([join(machine.home, ".claude/pets/bin/pawprint"), "capture"]);
    const lease = join(machine.home, ".claude/pets/logs/.run/watch.lease");
    mkdirSync(lease);
    const used = machine.listing();
    const busy = await machine.uninstall("--purge", "--yes");
    expect(busy).toEqual({ code: 1, out: expect.stringContaining("pawprint watch is running for this log") });
    expect(machine.listing()).toEqual(used);
    utimesSync(lease, 0, 0);
    const all = await Promise.all([1, 2, 3].map(() => machine.uninstall("--purge", "--yes")));
    expect(all.map(({ code, out }) => (code === 0 ? 0 : out))).toEqual([0, 0, 0]);
    expect(machine.listing()).toEqual(before);
  }, 60_000);

  test.skipIf(process.getuid?.() !== 0 || Bun.which("setpriv") === null)(
    "names the files that the system does not let the user remove, and removes the others",
    async () => {
      const machine = new Machine();
      const before = machine.listing();
      await machine.use(join(machine.home, ".claude/pets"));
      await machine.run(["chown", "-R", "65534:65534", machine.home]);
      const logs = join(machine.home, ".claude/pets/logs");
      chmodSync(logs, 0o500);
      const purge = ["uninstall", "--purge", "--yes"];
      const user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", bun, entryPath("cli")];
      const first = await machine.run([...user, ...purge]);
      expect(first).toEqual({
        code: 1,
        out: expect.stringContaining(`kept: ${logs}/usage.jsonl, which cannot be removed (EACCES)`),
      });
      const left = machine.listing().filter((name) => !before.includes(name));
      expect(left.map((name) => name.split(" ")[0])).toEqual([
        ".claude/pets",
        ".claude/pets/logs",
        ".claude/pets/logs/.run",
        ".claude/pets/logs/pawprint.log",
        ".claude/pets/logs/status.jsonl",
        ".claude/pets/logs/usage.jsonl",
      ]);
      chmodSync(logs, 0o700);
      expect(await machine.run([...user, ...purge])).toMatchObject({ code: 0 });
      expect(machine.listing()).toEqual(before);
    },
    60_000,
  );
});
