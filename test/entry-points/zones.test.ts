import { describe, expect, test } from "bun:test";
import { responseLine, writeTranscript } from "./ledger-home.ts";
import { freshHome, type Home } from "./program.ts";

/** A home with one response at 20:30 UTC on 20 November. */
function evening(): Home {
  const home = freshHome();
  writeTranscript(home, "s1.jsonl", responseLine("msg_1", 10, { timestamp: "2026-11-20T20:30:00.000Z" }));
  return home;
}

describe("TZ", () => {
  test.each([
    ["UTC", "2026-11-20", "2026-11-20 20:30"],
    ["Asia/Tokyo", "2026-11-21", "2026-11-21 05:30"],
    [":Asia/Tokyo", "2026-11-21", "2026-11-21 05:30"],
    ["JST-9", "2026-11-21", "2026-11-21 05:30"],
    [":/usr/share/zoneinfo/Asia/Tokyo", "2026-11-21", "2026-11-21 05:30"],
    ["<+0330>-3:30", "2026-11-21", "2026-11-21 00:00"],
    ["NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-11-21", "2026-11-21 09:30"],
    ["EST5EDT,M3.2.0,M11.1.0", "2026-11-20", "2026-11-20 15:30"],
  ])("%s is interpreted as date(1) interprets it", async (zone, date, stamp) => {
    using home = evening();
    const env = { TZ: zone };
    const { out, err } = await home.run("cli", ["daily", "--json"], { env });
    expect((JSON.parse(out) as { daily: { date: string }[] }).daily.map((day) => day.date)).toEqual([date]);
    expect(err).toBe("");
    expect((await home.run("cli", ["session"], { env: { ...env, COLUMNS: "200" } })).out).toContain(stamp);
  });

  test("that is invalid is reported below a table, on stderr with JSON and CSV, and by doctor", async () => {
    using home = evening();
    const env = { TZ: "Mars/Base" };
    const message = 'TZ is "Mars/Base"';
    expect((await home.run("cli", ["daily"], { env })).out).toContain(message);
    for (const form of ["--json", "--csv"]) {
      const { out, err } = await home.run("cli", ["daily", form], { env });
      expect(out).toContain("2026-11-20");
      expect(out).not.toContain("Mars");
      expect(err).toContain(message);
    }
    expect((await home.run("cli", ["doctor"], { env })).out).toContain(message);
    // With --timezone, an invalid TZ is not reported.
    const { out } = await home.run("cli", ["daily", "--timezone", "Asia/Tokyo"], { env });
    expect(out).toContain("2026-11-21");
    expect(out).not.toContain(message);
  });
});
