import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { headerOf, paddingOf } from "../../src/commands/archive/tar.ts";
import { verifyBackup } from "../../src/commands/archive/verify-backup.ts";
import { freshHome } from "../entry-points/program.ts";
import { archiveOf, json, pets, usedHome } from "./backups.ts";

const folder = mkdtempSync(join(tmpdir(), "pawprint-damage-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function saved(bytes: Uint8Array): string {
  const path = join(folder, `${crypto.randomUUID()}.tar`);
  writeFileSync(path, bytes);
  return path;
}

/** Why a file is refused as a backup; null if it is accepted. */
function refusal(path: string): string | null {
  try {
    verifyBackup(path)[Symbol.dispose]();
    return null;
  } catch (error) {
    expect(error).toMatchObject({ name: "PawprintError", code: "file_refused" });
    return (error as Error).message;
  }
}

/** The archive with another type of its first file, and a right checksum of the header. */
function withType(bytes: Buffer, type: string): Buffer {
  bytes.write(type, 156, "latin1");
  bytes.write(" ".repeat(8), 148, "latin1");
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return bytes;
}

describe("a backup is refused", () => {
  const files = { "log/usage.jsonl": "{}\n".repeat(200), "prices.json": "[]", "settings.env": "PET_NAME=Mia\n" };

  test("if any one byte of it is different, or any number of bytes at its end are missing", () => {
    const whole = archiveOf(files);
    expect(refusal(saved(whole))).toBeNull();
    const path = saved(whole);
    const accepted: number[] = [];
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(path, damaged);
      if (refusal(path) === null) accepted.push(at);
    }
    for (let length = 0; length < whole.length; length += 61) {
      writeFileSync(path, whole.subarray(0, length));
      if (refusal(path) === null) accepted.push(-length);
    }
    expect(accepted).toEqual([]);
  });

  test.each([
    "../escaped",
    "/etc/passwd",
    "log/../../escaped",
    "hooks/../x.jsonl",
    "log/usage.jsonl/x",
    "bin/statusline.js",
    "install.json",
    "log/usage.jsonl.1",
    "C:\\x",
  ])("if it has a file with the name %p", (name) => {
    expect(refusal(saved(archiveOf({ ...files, [name]: "x" })))).toContain("files that a backup does not have");
  });

  test("if it has a link, a folder, two files of one name, or something after its end", () => {
    for (const type of ["1", "2", "5", "x", "L"])
      expect(refusal(saved(withType(archiveOf(files), type)))).toContain("another kind");
    expect(refusal(saved(withType(archiveOf(files), "0")))).toBeNull();
    expect(refusal(saved(Buffer.concat([archiveOf(files), new Uint8Array(512)])))).toContain("incomplete");
    const one = Buffer.concat([headerOf("prices.json", 2, 1), Buffer.from("[]"), new Uint8Array(paddingOf(2))]);
    expect(refusal(saved(Buffer.concat([one, archiveOf(files)])))).toContain("files that a backup does not have");
  });

  test("if it is no backup, or one of a newer version", async () => {
    const other = saved(new Uint8Array(20_480));
    const text = archiveOf({ "new-kind.db": "x" }).toString("latin1");
    const newer = saved(Buffer.from(text.replace('"format": 1', '"format": 2'), "latin1"));
    expect(refusal(other)).toContain("another kind of file");
    expect(refusal(newer)).toContain("written by pawprint 0.1.0 in a newer format");
    using home = freshHome();
    for (const path of [other, newer, folder]) {
      expect((await home.run("cli", ["restore", path])).code).toBe(1);
      expect(existsSync(pets(home))).toBe(false);
    }
    expect((await home.run("cli", ["restore", join(folder, "missing.tar")])).err).toContain("there is no file");
  }, 60_000);

  test("if its ledger is of a newer version, or no ledger, and nothing is changed", async () => {
    using home = await usedHome("jsonl");
    const [file, database] = [join(folder, "ledger.tar"), join(folder, "newer.db")];
    await json(home, "backup", file);
    Bun.spawnSync(["tar", "xf", file, "-C", folder, "ledger.db"]);
    Bun.spawnSync(["mv", join(folder, "ledger.db"), database]);
    new Database(database).run("PRAGMA user_version=9999");
    const before = readFileSync(join(home.logs, "usage.jsonl"));
    const wrong = [
      ["ledger.db", readFileSync(database)],
      ["ledger.db", "no ledger"],
      ["hub.db", "no ledger"],
    ] as const;
    for (const [name, content] of wrong) {
      const { code, err } = await home.run("cli", ["restore", saved(archiveOf({ [name]: content }))]);
      expect(code).toBe(1);
      expect(err).toContain(`${name} in the backup`);
    }
    expect(readFileSync(join(home.logs, "usage.jsonl"))).toEqual(before);
    expect(readdirSync(pets(home)).filter((name) => /tmp|before/.test(name))).toEqual([]);
  }, 60_000);
});
