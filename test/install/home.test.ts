import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../src/commands/contract.ts";
import { install } from "../../src/commands/install.ts";
import { uninstall } from "../../src/commands/uninstall.ts";
import type { Environment } from "../../src/utils/config.ts";
import { loadMachine } from "../../src/utils/paths.ts";
import { contextOf, type Harness, harness, refresh } from "./harness.ts";

const FOREIGN = '{\n  "statusLine": {"type": "command", "command": "printf old"}\n}\n';

const jsonOf = (at: Harness): Record<string, unknown> => JSON.parse(at.printed.at(-1) ?? "");

describe("install --home", () => {
  const homed = (at: Harness, options: Context["options"] = {}): Promise<number> =>
    at.run(install, { home: join(at.directory, "a b/paws"), ...options });

  test("writes everything to that directory and saves its path, so that every program finds it without a variable", async () => {
    using at = harness();
    const pets = join(at.directory, "a b/paws");
    at.write(at.settings, FOREIGN);
    await homed(at, { log: true, json: true });
    const { command } = jsonOf(at);
    expect(readdirSync(pets).toSorted()).toEqual([".env", "bin", "install.json", "install.lock"]);
    expect(readdirSync(at.pets)).toEqual([".env"]);
    expect((await refresh(String(command), { cwd: at.home, env: { HOME: at.home } })).out).toBe("line of s1 1 calm\n");
    expect((await loadMachine({ HOME: at.home }, at.root)).places.pets).toBe(pets);
    await at.run(uninstall, {}, { PET_HOME: pets });
    expect(at.read(at.settings)).toBe(FOREIGN);
  });

  test("by a program that was moved before is found wherever a program is started from", async () => {
    using at = harness();
    const [first, second] = [join(at.home, "first"), join(at.home, "second")];
    await at.run(install, { home: first });
    await install.run(contextOf({ HOME: at.home, PATH: process.env["PATH"] }, first, { home: second }, at.printed));
    for (const root of [at.root, first, second])
      expect((await loadMachine({ HOME: at.home }, root)).places.pets).toBe(second);
  });

  test("replaces a line that runs from the previous directory, and uninstall restores the statusLine from before both", async () => {
    using at = harness();
    at.write(at.settings, FOREIGN);
    await at.install();
    await homed(at, { json: true });
    expect(jsonOf(at)).toMatchObject({ previous: expect.stringContaining("printf old") });
    expect(jsonOf(at)["notes"]).toContain(`the line ran from ${at.pets}/bin before; you can delete that directory`);
    expect(at.read(at.settings)).not.toContain(".claude/pets");
    await at.run(uninstall, {}, { PET_HOME: (await loadMachine({ HOME: at.home }, at.root)).places.pets });
    expect(at.read(at.settings)).toBe(FOREIGN);
  });

  test("with --dry-run shows what would be written and writes nothing", async () => {
    using at = harness();
    at.write(at.settings, FOREIGN);
    const before = at.state();
    await homed(at, { "dry-run": true });
    expect(at.printed).toContain(`+PET_HOME="${join(at.directory, "a b/paws")}"`);
    expect(at.state()).toEqual(before);
    expect(existsSync(join(at.directory, "a b"))).toBe(false);
  });

  test("names the files that stay in the previous directory", async () => {
    using at = harness();
    await at.install("log");
    at.write(`${at.pets}/ledger.db`, "");
    await homed(at, { json: true });
    const pets = join(at.directory, "a b/paws");
    expect(jsonOf(at)["notes"]).toEqual([
      `the line ran from ${at.pets}/bin before; you can delete that directory`,
      `ledger.db in ${at.pets} stays there; to keep using it, move it to ${pets} while no session is open`,
      `PET_USAGE_LOGGING_ENABLED, PET_LOG_DIR in ${at.pets}/.env: copy them to ${pets}/.env, which is read from now on`,
    ]);
  });

  test("prints no note if nothing stays behind, although it has just written PET_HOME there", async () => {
    using at = harness();
    await homed(at, { json: true });
    expect(jsonOf(at)["notes"]).toEqual([]);
  });

  test("with a second directory notes a PET_HOME in the environment, which wins", async () => {
    using at = harness();
    await homed(at);
    const again = async (env: Environment): Promise<unknown> => {
      const { places } = await loadMachine({ HOME: at.home, ...env }, at.root);
      const context = {
        ...contextOf({ HOME: at.home, ...env }, at.root, { home: "~/second", json: true }, at.printed),
        places,
      };
      await install.run(context);
      return jsonOf(at)["notes"];
    };
    expect(String(await again({}))).not.toContain("environment");
    expect(String(await again({ PET_HOME: "/srv/pets" }))).toContain("the environment sets PET_HOME=/srv/pets");
  });

  test("in a directory with files that are not Pawprint's is refused, and changes nothing; moved files of Pawprint do not count", async () => {
    using at = harness();
    const work = join(at.home, "work");
    for (const name of ["chain/notes.txt", "bin/staging/mine", ".run/mine"]) at.write(join(work, name), "precious");
    const before = at.state();
    const refused = { code: "file_refused", message: expect.stringContaining(`${work} contains `) };
    for (const options of [{}, { "dry-run": true as const }]) {
      await expect(at.run(install, { home: work, ...options })).rejects.toMatchObject(refused);
      await expect(at.run(install, options, { PET_HOME: work })).rejects.toMatchObject(refused);
    }
    expect(at.state()).toEqual(before);
    const moved = join(at.home, "moved");
    for (const name of [".env", "ledger.db", "ledger.db-wal", "logs/usage.jsonl", "prices.json"])
      at.write(join(moved, name), "");
    for (let times = 0; times < 2; times++) expect(await at.run(install, { home: moved })).toBe(0);
  });

  test("continues if an installation was killed before it wrote its record", async () => {
    using at = harness();
    const home = join(at.home, "pets");
    expect(await at.run(install, { home })).toBe(0);
    rmSync(join(home, "install.json"));
    expect(await at.run(install, { home })).toBe(0);
  });

  test("without a directory is refused, and installs nothing in the working directory", async () => {
    using at = harness();
    for (const home of ["", " "]) await expect(at.run(install, { home })).rejects.toMatchObject({ code: "bad_usage" });
    expect(at.state()).toEqual({});
  });
});
