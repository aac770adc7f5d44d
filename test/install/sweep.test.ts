import { describe, expect, test } from "bun:test";
import { chownSync, existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sweep } from "../../src/install/settings.ts";
import { harness } from "./harness.ts";

/** Returns the id of a process that has exited. */
async function endedPid(): Promise<number> {
  const child = Bun.spawn(["true"], { stdio: ["ignore", "ignore", "ignore"] });
  await child.exited;
  return child.pid;
}

describe("sweep, next to settings.json", () => {
  test("keeps files of other programs and of the user, whatever their names end in", async () => {
    using at = harness();
    const dotfiles = join(at.directory, "dotfiles");
    mkdirSync(dotfiles);
    mkdirSync(join(at.home, ".claude"), { recursive: true });
    writeFileSync(join(dotfiles, "settings.json"), "{}");
    symlinkSync(join(dotfiles, "settings.json"), at.settings);
    const pid = await endedPid();
    const foreign = [
      "notes.20241231.cafebabe.tmp",
      "settings.json.1234.cafebabe.tmp",
      "settings.json.tmp",
      `other.json.pawprint-${pid}.cafebabe.tmp`,
      "settings.json.pawprint-x.cafebabe.tmp",
    ];
    for (const name of foreign) writeFileSync(join(dotfiles, name), "precious");
    const ours = `settings.json.pawprint-${pid}.cafebabe.tmp`;
    writeFileSync(join(dotfiles, ours), "half");
    await at.install();
    await at.uninstall();
    expect(foreign.filter((name) => !existsSync(join(dotfiles, name)))).toEqual([]);
    expect(existsSync(join(dotfiles, ours))).toBe(false);
  });

  test("removes a temporary file of ours once its process is gone or it is old, but no link with such a name", async () => {
    using at = harness();
    const pid = await endedPid();
    const names = {
      gone: `a.pawprint-${pid}.00000000.tmp`,
      running: `a.pawprint-${process.pid}.00000001.tmp`,
      old: `a.pawprint-${process.pid}.00000002.tmp`,
      link: `a.pawprint-${pid}.00000003.tmp`,
    };
    for (const name of [names.gone, names.running, names.old]) writeFileSync(join(at.home, name), "");
    symlinkSync(names.running, join(at.home, names.link));
    const now = Date.now();
    // The file system uses a different clock.
    for (const name of [names.gone, names.running]) utimesSync(join(at.home, name), new Date(now), new Date(now));
    utimesSync(join(at.home, names.old), new Date(now - 700_000), new Date(now - 700_000));
    sweep(at.home, { now: () => now, sleep: () => Promise.resolve() });
    expect(readdirSync(at.home).toSorted()).toEqual([names.running, names.link].toSorted());
  });
});

describe.skipIf(process.getuid?.() !== 0)("installing as root with the home directory of a user", () => {
  const below = (path: string): string[] => readdirSync(path, { recursive: true, encoding: "utf8" }).toSorted();

  test("throws before anything is written and says what to do", async () => {
    using at = harness();
    mkdirSync(join(at.home, ".claude"));
    for (const path of [at.home, join(at.home, ".claude")]) chownSync(path, 12_345, 12_345);
    const before = below(at.home);
    const refused = {
      code: "file_refused",
      message: expect.stringContaining("belongs to user 12345, but pawprint runs as root"),
      hint: expect.stringContaining("without sudo"),
    };
    await expect(at.install()).rejects.toMatchObject(refused);
    await expect(at.install("log")).rejects.toMatchObject(refused);
    await expect(at.install("chain")).rejects.toMatchObject(refused);
    expect(below(at.home)).toEqual(before);
  });
});
