import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyState, PAUSE_MS } from "../../src/model/state.ts";
import { claim, areWorkersFailing, pause, pauseOf, prepareDirectory, sweep } from "../../src/monitoring/Claims.ts";
import { findLogProblem } from "../../src/monitoring/find-log-problem.ts";
import { type LogFiles, logFiles } from "../../src/monitoring/LogFiles.ts";
import { directoryCheck } from "../../src/commands/doctor/check-all.ts";

const NOW = Date.parse("2026-11-20T10:00:00.500Z");
let files: LogFiles;

beforeEach(() => {
  files = logFiles(join(mkdtempSync(join(tmpdir(), "pawprint-claims-")), "logs"), "login-x");
});
afterEach(() => rmSync(join(files.directory, ".."), { recursive: true, force: true }));

describe("a claim", () => {
  test("succeeds once in three seconds, or once in a shorter interval", async () => {
    expect([
      await claim(files, NOW, 60_000),
      await claim(files, NOW + 2_400, 60_000),
      await claim(files, NOW + 2_500, 60_000),
    ]).toEqual([true, false, true]);
    expect([
      await claim(files, NOW + 9_000, 1_000),
      await claim(files, NOW + 9_499, 1_000),
      await claim(files, NOW + 9_500, 1_000),
    ]).toEqual([true, false, true]);
    expect(statSync(files.run).mode & 0o777).toBe(0o700);
  });

  test("is removed when it is old, or in the future because the clock was set back", async () => {
    for (const at of [NOW - 60_000, NOW, NOW + 3_600_000]) await claim(files, at, 60_000);
    sweep(files, NOW, false);
    expect(readdirSync(files.run)).toEqual([`claim-${NOW - 500}`]);
  });
});

describe("workers that exit before they do anything", () => {
  test("suspend logging after ten starts, until one works or ten minutes have passed", async () => {
    await prepareDirectory(files);
    for (let started = 0; started < 10; started++) {
      expect(await areWorkersFailing(files, NOW - 1_000, NOW + 30_000)).toBe(false);
      await claim(files, NOW + 500 + started * 3_000, 60_000);
    }
    expect(await areWorkersFailing(files, NOW - 1_000, NOW + 30_000)).toBe(true);
    expect(await findLogProblem(files, null, NOW + 30_000)).toBe("log stopped: its worker does not start");
    expect(await areWorkersFailing(files, NOW + 29_000, NOW + 30_000)).toBe(false);
    const working = { ...emptyState, usage: { at: NOW + 29_000 } };
    expect(await findLogProblem(files, working, NOW + 30_000)).toBeNull();
    expect(await areWorkersFailing(files, NOW - 1_000, NOW + PAUSE_MS + 1_000)).toBe(false);
  });
});

test("what keeps every worker from being started, or from saying anything, is named", async () => {
  await prepareDirectory(files);
  expect((await directoryCheck(files)).state).toBe("ok");
  mkdirSync(files.errors);
  expect(await findLogProblem(files, null, NOW)).toContain(`log stopped: ${files.errors} is not a regular file`);
  expect(await directoryCheck(files)).toMatchObject({
    state: "broken",
    message: `${files.errors} is not a regular file`,
  });
  rmSync(files.errors, { recursive: true });
  mkdirSync(files.messages);
  expect(await findLogProblem(files, null, NOW)).toBeNull();
  expect(await directoryCheck(files)).toMatchObject({
    state: "broken",
    message: `${files.messages} is not a regular file`,
  });
});

describe("a pause", () => {
  test("lasts ten minutes, and ends if the clock is set back", async () => {
    await claim(files, NOW, 60_000);
    pause(files, "ENOSPC", NOW);
    pause(files, "ENOSPC", NOW);
    expect(await pauseOf(files, NOW + 1_000)).toEqual({ code: "ENOSPC", since: NOW - 500 });
    expect(await pauseOf(files, NOW + PAUSE_MS)).toBeNull();
    expect(await pauseOf(files, NOW - 3_600_000)).toBeNull();
    expect(await findLogProblem(files, null, NOW + 1_000)).toBe("log stopped: ENOSPC");
    pause(files, "E2BIG", NOW - 60_000);
    sweep(files, NOW, true);
    pause(files, "E2BIG", NOW);
    expect((await pauseOf(files, NOW + 1_000))?.code).toBe("E2BIG");
    sweep(files, NOW, false);
    expect(await pauseOf(files, NOW)).not.toBeNull();
    sweep(files, NOW, true);
    expect(await pauseOf(files, NOW)).toBeNull();
  });
});

test("sweep removes old temporary files and old lines, and keeps all other files", async () => {
  await claim(files, NOW, 60_000);
  const left = { "state.1.tmp": 61_000, "line-a": 90_000_000, "line-b": 1_000, "state.2.tmp": 1_000, salt: 90_000_000 };
  for (const [name, age] of Object.entries(left)) {
    writeFileSync(join(files.run, name), "");
    utimesSync(join(files.run, name), new Date(NOW - age), new Date(NOW - age));
  }
  sweep(files, NOW, false);
  const there = Object.keys(left).filter((name) => existsSync(join(files.run, name)));
  expect(there).toEqual(["line-b", "state.2.tmp", "salt"]);
});
