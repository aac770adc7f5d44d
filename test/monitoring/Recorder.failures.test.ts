import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Harness, MINUTE, session, START } from "./harness.ts";

describe("privacy", () => {
  const allText = (harness: Harness): string =>
    ["usage.jsonl", "status.jsonl", "diagnostics.jsonl", ".run/state-login-x.json", ".run/memory.json"]
      .map((name) => readFileSync(harness.path(name), "utf8"))
      .join("\n");

  test("with both settings off no file contains the address, the directory or the home directory", async () => {
    using harness = new Harness();
    await harness.recorder({ PET_LOG_EMAIL: "off", PET_LOG_CWD: "off" }).run(session("s-1"));
    harness.now += 30_000;
    await harness.recorder({ PET_LOG_EMAIL: "off", PET_LOG_CWD: "off" }).run(session("s-2"));
    expect(allText(harness)).not.toContain("dummy@example.com");
    expect(allText(harness)).not.toContain("/home/user");
    expect(harness.lines("status").map(({ email, cwd }) => [email, cwd])).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  test("with hash and basename the records have a stable hash of the address and the last part of the directory", async () => {
    using harness = new Harness();
    await harness.recorder({ PET_LOG_EMAIL: "hash", PET_LOG_CWD: "basename" }).run(session("s-1"));
    harness.now += 30_000;
    await harness.recorder({ PET_LOG_EMAIL: "hash", PET_LOG_CWD: "basename" }).run(session("s-2"));
    const [first, second] = harness.lines("status");
    expect(first?.["email"]).toMatch(/^hmac-sha256:[0-9a-f]{16}$/);
    expect(second?.["email"]).toBe(first?.["email"]);
    expect(first?.["cwd"]).toBe("proj");
    expect(allText(harness)).not.toContain("dummy@example.com");
  });
});

describe("when writing fails", () => {
  test("the recorder retries, then suspends logging, reports it in the state, and resumes after ten minutes", async () => {
    using harness = new Harness();
    mkdirSync(harness.path("usage.jsonl"));
    const outcome = await harness.recorder().run(session("s-1"));
    expect(outcome).toMatchObject({
      result: "stopped",
      failure: { message: expect.stringContaining("usage.jsonl is not a regular file") },
    });
    expect(harness.now - START).toBe(7_100);
    expect(harness.state()?.failure).toMatchObject({ retryAt: START + 600_000 });
    rmSync(harness.path("usage.jsonl"), { recursive: true });
    harness.now = START + 600_000;
    expect((await harness.recorder().run(session("s-1"))).result).toBe("recorded");
    expect(harness.state()?.failure).toBeNull();
  });

  test("a full disk gives a notice below 100 MB, and below 20 MB suspends logging without querying the program", async () => {
    using harness = new Harness();
    await harness.recorder({}, { freeBytes: () => 99 * 1_048_576 }).run(session("s-1"));
    expect(harness.state()?.notice).toBe("disk low, 99 MB free");
    harness.now += MINUTE;
    harness.requests = [];
    const outcome = await harness.recorder({}, { freeBytes: () => 19 * 1_048_576 }).run(session("s-1"));
    expect(outcome).toMatchObject({ result: "stopped", failure: { code: "ENOSPC", message: "disk full, 19 MB free" } });
    expect(harness.requests).toEqual([]);
    harness.now += MINUTE;
    expect((await harness.recorder().run(session("s-1"))).result).toBe("recorded");
    expect(harness.state()).toMatchObject({ failure: null, notice: null });
  });

  test("a lock file with foreign content is not taken over", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    writeFileSync(harness.path(".run/worker.lock"), "something else ".repeat(100));
    harness.now += MINUTE;
    expect(await harness.recorder().run(session("s-1"))).toMatchObject({
      result: "stopped",
      failure: { code: "LOCK" },
    });
    expect(harness.lines("usage")).toHaveLength(1);
    expect(harness.state()?.sessions).toHaveProperty("s-1");
  });

  test("a corrupt state or memory file counts as missing", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    for (const file of [harness.files.state, harness.files.memory]) writeFileSync(file, "\0{garbage");
    harness.now += MINUTE;
    expect((await harness.recorder().run(session("s-1"))).result).toBe("recorded");
    expect(harness.lines("usage")).toHaveLength(2);
    expect(harness.lines("diagnostics")).toHaveLength(2);
  });
});
