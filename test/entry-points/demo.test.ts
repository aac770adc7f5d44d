import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Screen } from "../campaigns/e2e/screen.ts";
import { entryPath, freshHome, machineTime } from "./program.ts";

describe("the demo as a process", () => {
  const list = (path: string): string[] => readdirSync(path, { recursive: true, encoding: "utf8" }).toSorted();

  test("leaves nothing behind, in the home or in the temporary folder", async () => {
    using fresh = freshHome();
    mkdirSync(join(fresh.path, ".claude/pets"), { recursive: true });
    writeFileSync(join(fresh.path, ".claude/pets/.env"), "PET_THEME=nothing-of-that-name\n");
    mkdirSync(join(fresh.path, "tmp"));
    const before = list(fresh.path);
    const { code, out, err } = await fresh.run("cli", ["demo"], { env: { TMPDIR: join(fresh.path, "tmp") } });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("5h 42%");
    expect(out).not.toContain("PET_THEME");
    expect(list(fresh.path)).toEqual(before);
  });

  test.if(process.platform !== "win32").each([
    ["q and Enter", "q\r", 0],
    ["Ctrl-C", "\x03", 130],
  ])("shows step after step in a terminal, and leaves nothing behind at %s", async (_, keys, code) => {
    using fresh = freshHome();
    const tmp = join(fresh.path, "tmp");
    mkdirSync(tmp);
    const env = { ...fresh.env, TMPDIR: tmp };
    const screen = new Screen([process.execPath, entryPath("cli"), "demo"], { cwd: tmp, env, columns: 80, rows: 24 });
    for (const step of [2, 3, 4]) {
      expect(await screen.row(20_000, `step ${step} of 6`)).not.toBeNull();
      screen.type(step === 4 ? keys : "\r");
    }
    expect(await screen.ended(20_000)).toBe(code);
    screen.close();
    expect(readdirSync(tmp)).toEqual([]);
  });

  test.if(process.platform !== "win32").each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("removes its folder when %s ends it", async (signal, code) => {
    using fresh = freshHome(machineTime);
    const tmp = join(fresh.path, "tmp");
    mkdirSync(tmp);
    // A jq that says where it is started, and does not end by itself for a while.
    writeFileSync(join(fresh.path, "jq"), `#!/bin/sh\n/bin/pwd > ${fresh.path}/started\nexec /bin/sleep 3\n`, {
      mode: 0o755,
    });
    const env = { TMPDIR: tmp, PATH: fresh.path };
    const child = Bun.spawn([process.execPath, entryPath("cli"), "demo"], {
      env: { ...fresh.env, ...env },
      stdio: ["ignore", "ignore", "ignore"],
    });
    await fresh.until(() => existsSync(join(fresh.path, "started")), "a query is answered");
    expect(readdirSync(tmp)).not.toEqual([]);
    child.kill(signal);
    expect(await child.exited).toBe(code);
    expect(readdirSync(tmp)).toEqual([]);
  });
});
