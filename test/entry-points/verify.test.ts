import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectsOf, recordedHome, responseLine, writeTranscript } from "./ledger-home.ts";
import { freshHome, type Home } from "./program.ts";

/** Changes the ledger directly in its database. */
function tamper(home: Home, sql: string): void {
  using database = new Database(join(home.path, ".claude/pets/ledger.db"));
  database.run(sql);
}

describe("pawprint verify", () => {
  test("finds no difference in an intact ledger, and explains why a session wrote larger totals", async () => {
    using home = recordedHome();
    const ran = await home.run("cli", ["verify"]);
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toMatch(/^recounted 6 files, 415,670 bytes, with a second reader\n/);
    expect(ran.out).toMatch(/\n {2}responses +23 +23 +0\n/);
    expect(ran.out).toContain("totals written by the sessions themselves: 3 of 4 are equal\n");
    expect(ran.out).toContain(
      "  1: transcripts do not contain the requests that compact a conversation\n    82fca25e-",
    );
    expect(ran.out).toEndWith("the ledger matches the transcripts\n");
  });

  test("explains missing files, and can verify a single session", async () => {
    using home = recordedHome();
    await home.run("cli", ["scan"]);
    rmSync(join(projectsOf(home), "after-clear"), { recursive: true });
    const ran = await home.run("cli", ["verify"]);
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toMatch(/5a8b5593-\S+: \d responses? only in the ledger: .+: its transcript is gone/);
    expect(ran.out).toContain("1 file is missing");
    expect(ran.out).toEndWith("every difference is explained\n");
    const other = await home.run("cli", ["verify", "--session", "4fae96be", "--json"]);
    expect(JSON.parse(other.out)).toMatchObject({
      sessions: { all: 1, unequal: [] },
      differences: [],
      isHealthy: true,
    });
    expect(await home.run("cli", ["verify", "--session", "nobody"])).toMatchObject({ code: 1, out: "" });
  });

  test.each([
    ["a count", "UPDATE response SET output = output + 1 WHERE key LIKE '%92'", "1 response with different counts"],
    ["a lost response", "DELETE FROM response WHERE key LIKE '%92'", "1 response only in the files"],
    [
      "a session",
      "UPDATE response SET dimension_id = (SELECT MAX(dimension_id) FROM response) WHERE key LIKE '%92'",
      "1 response with another session, model or time",
    ],
    ["a sum", "UPDATE usage_bucket SET input = input + 1", "2026-11-20: the totals used by reports"],
    ["a day", "UPDATE usage_day SET input = input + 1", "2026-11-20: the totals used by reports"],
  ])("reports %s that is wrong in the ledger as unexplained", async (_, sql, words) => {
    using home = recordedHome();
    await home.run("cli", ["daily"]);
    tamper(home, sql);
    const ran = await home.run("cli", ["verify"]);
    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(/\nUNEXPLAINED /);
    expect(ran.out).toContain(words);
    expect(ran.err).toContain("no known cause");
  });

  test("explains a rewritten transcript, but not a line that only the second reader rejects", async () => {
    using home = freshHome();
    const path = writeTranscript(home, "s-1.jsonl", responseLine("msg_1", 5) + responseLine("msg_2", 5));
    await home.run("cli", ["scan"]);
    writeFileSync(path, `${responseLine("msg_1", 5)}${JSON.stringify({ type: "user", uuid: "u" })}\n`);
    const ran = await home.run("cli", ["verify"]);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain("no file contains its id any more: a transcript was rewritten after it was read");
    writeFileSync(path, responseLine("msg_1", 5) + responseLine("msg_2", 5, { isApiErrorMessage: true }));
    expect((await home.run("cli", ["verify"])).code).toBe(1);
  });

  test("compares a ccusage report by day", async () => {
    using home = recordedHome();
    const counts = { inputTokens: 25245, outputTokens: 3395, cacheCreationTokens: 46000, cacheReadTokens: 692245 };
    const earlier = { ...counts, date: "2026-11-01", modelsUsed: ["m"] };
    const write = (day: object): void => {
      writeFileSync(join(home.path, "project/c.json"), JSON.stringify({ daily: [earlier, day] }));
    };
    write({ ...counts, date: "2026-11-20", modelsUsed: ["m"] });
    const ask = () => home.run("cli", ["verify", "--ccusage", "c.json"], { env: { TZ: "UTC" } });
    const same = await ask();
    expect(same.code).toBe(0);
    expect(same.out).toContain(
      "ccusage, by day: 1 of 2 are equal\n  1: the day is before the first response in the ledger",
    );
    write({ ...counts, outputTokens: 200, date: "2026-11-20", modelsUsed: ["m"] });
    expect((await ask()).out).toContain("ccusage counted a line that was written before the response was complete");
    write({ ...counts, cacheReadTokens: 1e6, date: "2026-11-20", modelsUsed: ["m"] });
    expect((await ask()).out).toContain("ccusage counted copies of a response more than once");
    expect(readdirSync(join(home.path, ".claude/pets"))).toContain("ledger.db");
  });
});
