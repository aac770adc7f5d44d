import { expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assistantChecks } from "../../src/commands/doctor/assistants.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import type { Observation, SkipReason } from "../../src/model/observation.ts";
import { isNewerVersion } from "../../src/model/version.ts";
import { claudeCode } from "../../src/sources/claude-code.ts";
import { settingsChecks } from "../../src/commands/doctor/check-all.ts";
import { contextOf } from "../install/harness.ts";
import { mark } from "../reports/sample-assistants.ts";

/** The assistant checks for a ledger with one session of a version, and one file with a skipped line. */
async function checksOf(version: string, reason?: SkipReason): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "pawprint-doctor-"));
  try {
    const path = join(folder, "ledger.db");
    {
      using ledger = new Ledger(path, () => "harness");
      const file = mark("claude-code", "a.jsonl", 10);
      const skipped = reason ? [{ path: file.path, offset: 0, reason }] : [];
      const place = { session: "s", project: "", branch: "", agent: "" };
      const observed: Observation = {
        kind: "session",
        key: "session:s",
        body: { ...place, first: 1, last: 2, reason: null, version },
      };
      const entries = prepare(ledger.machine, "claude-code", [observed]);
      ledger.ingest({ source: "claude-code", entries, skipped, restarted: [], files: [file] });
    }
    const checks = await assistantChecks(contextOf({ HOME: folder, PET_LEDGER_PATH: path }, folder, {}, []));
    return checks.map(({ state, message }) => `${state}: ${message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const tested = claudeCode.tested ?? "";

test("doctor names a version newer than the newest tested one, and no other", async () => {
  expect(await checksOf(tested)).toEqual([`ok: no version is newer than the newest tested: Claude Code ${tested}`]);
  const newer = tested.replace(/\d+$/, (last) => String(Number(last) + 1));
  expect(await checksOf(newer)).toEqual([
    `note: Claude Code ${newer} is newer than ${tested}, the newest version tested`,
  ]);
  expect(await checksOf("")).toEqual([]);
});

test("isNewerVersion compares version numbers, not texts", () => {
  expect(isNewerVersion("0.10.0", "0.9.0")).toBe(true);
  expect(isNewerVersion("0.9.0", "0.10.0")).toBe(false);
  expect(isNewerVersion("2.1.300", "2.1.300")).toBe(false);
  expect(isNewerVersion("0.170.0-alpha.3", "0.169.0")).toBe(true);
  expect(isNewerVersion("2026.10.01-abc", "2026.09.30-def")).toBe(true);
  for (const none of ["", "nightly", "9".repeat(40)]) expect(isNewerVersion(none, "1.0.0")).toBe(false);
});

test("doctor names files in an unknown format, but not other lines that were not counted", async () => {
  expect(await checksOf("", "unknown_format")).toEqual([
    "note: Claude Code: 1 file is not counted completely: written in a format that this version does not know",
  ]);
  expect((await checksOf("", "bad_database"))[0]).toContain("a database that cannot be read");
  expect(await checksOf("", "bad_json")).toEqual([]);
});

test("doctor does not create a ledger, and reports a broken one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pawprint-doctor-"));
  try {
    const path = join(folder, "ledger.db");
    const context = contextOf({ HOME: folder, PET_LEDGER_PATH: path }, folder, {}, []);
    expect(await assistantChecks(context)).toEqual([]);
    expect(existsSync(path)).toBe(false);
    symlinkSync(join(folder, "nowhere"), path);
    expect(await assistantChecks(context)).toMatchObject([
      { state: "broken", message: `${path} is not a regular file` },
    ]);
    rmSync(path);
    writeFileSync(path, "no database ".repeat(1_000));
    expect(await assistantChecks(context)).toMatchObject([{ name: "ledger", state: "broken" }]);
    expect(readFileSync(path, "utf8")).toStartWith("no database");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("doctor reports a settings file that cannot be read", () => {
  const folder = mkdtempSync(join(tmpdir(), "pawprint-doctor-"));
  try {
    const context = contextOf({ HOME: folder }, folder, {}, []);
    expect(settingsChecks(context)).toMatchObject([{ state: "ok" }]);
    const path = join(context.places.pets, ".env");
    mkdirSync(path, { recursive: true });
    const message = `${path} cannot be read: ${path} is not a regular file`;
    expect(settingsChecks(context)).toMatchObject([{ state: "broken", message }]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
