import { describe, expect, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import type { SkippedLine } from "../../src/ledger/sqlite/Files.ts";
import { recordedHome, responseLine, writeTranscript } from "./ledger-home.ts";
import { freshHome } from "./program.ts";

interface ScanReport {
  readonly files: number;
  readonly responses: number;
  readonly fresh: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly notCounted?: readonly (SkippedLine & { readonly line: number | null })[];
}

describe("pawprint scan", () => {
  test("prints what it found, and the second time that there is nothing new", async () => {
    using home = recordedHome();
    const first = await home.run("cli", ["scan"]);
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toMatch(/^6 files with new data: 415\.7 kB, in \d+\.\d s\n23 responses, 23 of them new\n/);
    expect(first.out).toContain("session activity: 415.7 kB not read yet (--wait reads it)");
    const second = await home.run("cli", ["scan", "--wait"]);
    expect(second.out).toMatch(/^0 files with new data: 0 B, session activity from 415\.7 kB, in /);
    expect(second.out).toContain("23 responses, 0 of them new");
    expect(second.out).not.toContain("--wait");
  });

  test("--explain prints file, line and reason, even for a deleted file", async () => {
    using home = freshHome();
    const text = [
      responseLine("msg_1", 5),
      '{"torn":"usage": \n',
      "\n",
      responseLine("msg_2", 5, { message: { id: "msg_2", model: "<synthetic>", usage: {} } }),
      responseLine("msg_3", -1),
    ];
    const path = writeTranscript(home, "s-1.jsonl", text.join(""));
    const ran = await home.run("cli", ["scan", "--explain", "--json"]);
    const report = JSON.parse(ran.out) as ScanReport;
    expect(report).toMatchObject({
      files: 1,
      responses: 2,
      fresh: 2,
      skipped: { bad_json: 1, synthetic: 1, bad_count: 1 },
    });
    expect(report.notCounted?.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      "2 bad_json",
      "4 synthetic",
      "5 bad_count",
    ]);
    const explained = await home.run("cli", ["scan", "--explain"]);
    expect(explained.out).toContain(`${path}:4: written by the assistant itself without a model response\n`);
    rmSync(path);
    expect((await home.run("cli", ["scan", "--explain"])).out).toMatch(
      /s-1\.jsonl:byte \d+ of a missing file: not a complete JSON object, or one with more values than any assistant writes\n/,
    );
  });

  test("finds nothing on a machine without transcripts, and creates the ledger at PET_LEDGER_PATH", async () => {
    using home = freshHome();
    const ran = await home.run("cli", ["scan", "--explain"], { env: { PET_LEDGER_PATH: `${home.path}/own/l.db` } });
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toMatch(/^no line was skipped or corrected\n\n0 files with new data: 0 B, in /);
    expect(await Bun.file(`${home.path}/own/l.db`).exists()).toBe(true);
  });

  test("writes nothing if PET_LEDGER_PATH is invalid", async () => {
    using home = recordedHome();
    for (const command of [["scan"], ["verify"], ["import", "c.json"]]) {
      const ran = await home.run("cli", command, { env: { PET_LEDGER_PATH: "relative.db" } });
      expect(ran).toMatchObject({ code: 2, out: "" });
      expect(ran.err).toContain('PET_LEDGER_PATH is "relative.db"');
    }
    expect(existsSync(`${home.path}/.claude/pets`)).toBe(false);
  });
});
