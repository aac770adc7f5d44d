import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Desk, MINUTE, session, START } from "./harness.ts";

describe("privacy", () => {
  const everything = (desk: Desk): string =>
    ["usage.jsonl", "status.jsonl", "diagnostics.jsonl", ".run/state-login-x.json", ".run/memory-login-x.json"]
      .map((name) => readFileSync(desk.path(name), "utf8"))
      .join("\n");

  test("off means that neither address nor directory nor home is in any file", async () => {
    using desk = new Desk();
    await desk.recorder({ PET_LOG_EMAIL: "off", PET_LOG_CWD: "off" }).run(session("s-1"));
    desk.now += 30_000;
    await desk.recorder({ PET_LOG_EMAIL: "off", PET_LOG_CWD: "off" }).run(session("s-2"));
    expect(everything(desk)).not.toContain("dummy@example.com");
    expect(everything(desk)).not.toContain("/home/user");
    expect(desk.lines("status").map(({ email, cwd }) => [email, cwd])).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  test("hash and basename", async () => {
    using desk = new Desk();
    await desk.recorder({ PET_LOG_EMAIL: "hash", PET_LOG_CWD: "basename" }).run(session("s-1"));
    desk.now += 30_000;
    await desk.recorder({ PET_LOG_EMAIL: "hash", PET_LOG_CWD: "basename" }).run(session("s-2"));
    const [first, second] = desk.lines("status");
    expect(first?.["email"]).toMatch(/^hmac-sha256:[0-9a-f]{16}$/);
    expect(second?.["email"]).toBe(first?.["email"]);
    expect(first?.["cwd"]).toBe("proj");
    expect(everything(desk)).not.toContain("dummy@example.com");
  });
});

describe("when writing fails", () => {
  test("it is tried again for a while, then logging rests, says so, and resumes after ten minutes", async () => {
    using desk = new Desk();
    mkdirSync(desk.path("usage.jsonl"));
    const outcome = await desk.recorder().run(session("s-1"));
    expect(outcome).toMatchObject({
      result: "stopped",
      trouble: { message: expect.stringContaining("usage.jsonl is no plain file") },
    });
    expect(desk.now - START).toBe(7_100);
    expect(desk.state()?.trouble).toMatchObject({ retryAt: START + 600_000 });
    rmSync(desk.path("usage.jsonl"), { recursive: true });
    desk.now = START + 600_000;
    expect((await desk.recorder().run(session("s-1"))).result).toBe("recorded");
    expect(desk.state()?.trouble).toBeNull();
  });

  test("a disk that runs low: a notice below 100 MB, a rest below 20 MB, without asking", async () => {
    using desk = new Desk();
    await desk.recorder({}, { freeBytes: () => 99 * 1_048_576 }).run(session("s-1"));
    expect(desk.state()?.notice).toBe("disk low, 99 MB free");
    desk.now += MINUTE;
    desk.wants = [];
    const outcome = await desk.recorder({}, { freeBytes: () => 19 * 1_048_576 }).run(session("s-1"));
    expect(outcome).toMatchObject({ result: "stopped", trouble: { code: "ENOSPC", message: "disk full, 19 MB free" } });
    expect(desk.wants).toEqual([]);
    desk.now += MINUTE;
    expect((await desk.recorder().run(session("s-1"))).result).toBe("recorded");
    expect(desk.state()).toMatchObject({ trouble: null, notice: null });
  });

  test("a lock file that holds something else is not taken over", async () => {
    using desk = new Desk();
    await desk.recorder().run(session("s-1"));
    writeFileSync(desk.path(".run/worker.lock"), "something else ".repeat(100));
    desk.now += MINUTE;
    expect(await desk.recorder().run(session("s-1"))).toMatchObject({ result: "stopped", trouble: { code: "LOCK" } });
    expect(desk.lines("usage")).toHaveLength(1);
    expect(desk.state()?.sessions).toHaveProperty("s-1");
  });

  test("a state or memory that is garbage counts as none", async () => {
    using desk = new Desk();
    await desk.recorder().run(session("s-1"));
    for (const name of ["state", "memory"]) writeFileSync(desk.path(`.run/${name}-login-x.json`), "\0{garbage");
    desk.now += MINUTE;
    expect((await desk.recorder().run(session("s-1"))).result).toBe("recorded");
    expect(desk.lines("usage")).toHaveLength(2);
    expect(desk.lines("diagnostics")).toHaveLength(2);
  });
});
