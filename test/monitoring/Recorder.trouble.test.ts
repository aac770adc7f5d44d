import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Harness, MINUTE, session, START } from "./harness.ts";

describe("privacy", () => {
  const everything = (harness: Harness): string =>
    ["usage.jsonl", "status.jsonl", "diagnostics.jsonl", ".run/state-login-x.json", ".run/memory-login-x.json"]
      .map((name) => readFileSync(harness.path(name), "utf8"))
      .join("\n");

  test("off means that neither address nor directory nor home is in any file", async () => {
    using harness = new Harness();
    await harness.recorder({ PET_LOG_EMAIL: "off", PET_LOG_CWD: "off" }).run(session("s-1"));
    harness.now += 30_000;
    await harness.recorder({ PET_LOG_EMAIL: "off", PET_LOG_CWD: "off" }).run(session("s-2"));
    expect(everything(harness)).not.toContain("dummy@example.com");
    expect(everything(harness)).not.toContain("/home/user");
    expect(harness.lines("status").map(({ email, cwd }) => [email, cwd])).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  test("hash and basename", async () => {
    using harness = new Harness();
    await harness.recorder({ PET_LOG_EMAIL: "hash", PET_LOG_CWD: "basename" }).run(session("s-1"));
    harness.now += 30_000;
    await harness.recorder({ PET_LOG_EMAIL: "hash", PET_LOG_CWD: "basename" }).run(session("s-2"));
    const [first, second] = harness.lines("status");
    expect(first?.["email"]).toMatch(/^hmac-sha256:[0-9a-f]{16}$/);
    expect(second?.["email"]).toBe(first?.["email"]);
    expect(first?.["cwd"]).toBe("proj");
    expect(everything(harness)).not.toContain("dummy@example.com");
  });
});

describe("when writing fails", () => {
  test("it is tried again for a while, then logging rests, says so, and resumes after ten minutes", async () => {
    using harness = new Harness();
    mkdirSync(harness.path("usage.jsonl"));
    const outcome = await harness.recorder().run(session("s-1"));
    expect(outcome).toMatchObject({
      result: "stopped",
      trouble: { message: expect.stringContaining("usage.jsonl is no plain file") },
    });
    expect(harness.now - START).toBe(7_100);
    expect(harness.state()?.trouble).toMatchObject({ retryAt: START + 600_000 });
    rmSync(harness.path("usage.jsonl"), { recursive: true });
    harness.now = START + 600_000;
    expect((await harness.recorder().run(session("s-1"))).result).toBe("recorded");
    expect(harness.state()?.trouble).toBeNull();
  });

  test("a disk that runs low: a notice below 100 MB, a rest below 20 MB, without asking", async () => {
    using harness = new Harness();
    await harness.recorder({}, { freeBytes: () => 99 * 1_048_576 }).run(session("s-1"));
    expect(harness.state()?.notice).toBe("disk low, 99 MB free");
    harness.now += MINUTE;
    harness.wants = [];
    const outcome = await harness.recorder({}, { freeBytes: () => 19 * 1_048_576 }).run(session("s-1"));
    expect(outcome).toMatchObject({ result: "stopped", trouble: { code: "ENOSPC", message: "disk full, 19 MB free" } });
    expect(harness.wants).toEqual([]);
    harness.now += MINUTE;
    expect((await harness.recorder().run(session("s-1"))).result).toBe("recorded");
    expect(harness.state()).toMatchObject({ trouble: null, notice: null });
  });

  test("a lock file that holds something else is not taken over", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    writeFileSync(harness.path(".run/worker.lock"), "something else ".repeat(100));
    harness.now += MINUTE;
    expect(await harness.recorder().run(session("s-1"))).toMatchObject({
      result: "stopped",
      trouble: { code: "LOCK" },
    });
    expect(harness.lines("usage")).toHaveLength(1);
    expect(harness.state()?.sessions).toHaveProperty("s-1");
  });

  test("a state or memory that is garbage counts as none", async () => {
    using harness = new Harness();
    await harness.recorder().run(session("s-1"));
    for (const name of ["state", "memory"]) writeFileSync(harness.path(`.run/${name}-login-x.json`), "\0{garbage");
    harness.now += MINUTE;
    expect((await harness.recorder().run(session("s-1"))).result).toBe("recorded");
    expect(harness.lines("usage")).toHaveLength(2);
    expect(harness.lines("diagnostics")).toHaveLength(2);
  });
});
