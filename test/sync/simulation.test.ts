import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runHistory } from "./simulation/history.ts";

/** Histories of the gate; the campaign runs many more: bun run hub:simulation. */
const HISTORIES = 500;
/** Memory instead of a disk where the system has such a folder: every commit of a hub waits for the disk. */
const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "pawprint-simulation-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("machines and a hub in virtual time", () => {
  test("nothing is lost or doubled, whatever is killed, cut, restored, cloned or set to another time", async () => {
    for (let seed = 1; seed <= HISTORIES; seed++) {
      const { problems, log } = await runHistory(seed, folder);
      expect({ seed, problems, log: problems.length > 0 ? log : [] }).toEqual({ seed, problems: [], log: [] });
    }
  }, 300_000);

  test.each([1316, 67_244, 93_319])(
    "the history of seed %d, which was once rare and wrong, keeps its promises",
    async (seed) => {
      expect((await runHistory(seed, folder)).problems).toEqual([]);
    },
  );

  test("a hub that acknowledges rows without storing them is found", async () => {
    let wrong = 0;
    for (let seed = 1; seed <= 30; seed++) wrong += +((await runHistory(seed, folder, 0.2)).problems.length > 0);
    expect(wrong).toBeGreaterThan(5);
  });

  test("a history of the same seed is the same each time", async () => {
    const [first, second] = [await runHistory(12, folder), await runHistory(12, folder)];
    expect(second.log).toEqual(first.log);
  });
});
