import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BoundedCommand, runCommand } from "../../src/claude/run-command.ts";
import { isRunning } from "../running.ts";

setDefaultTimeout(30_000);
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const shell = (script: string, given: Partial<BoundedCommand> = {}) =>
  runCommand({
    command: ["/bin/sh", "-c", script],
    directory: "/",
    env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    input: null,
    maxBytes: 65_536,
    deadline: AbortSignal.timeout(20_000),
    ...given,
  });

/** Ways to start something that outlives the shell; each writes the pid of the survivor to "$PIDS/pid". */
const survivors: Readonly<Record<string, string>> = {
  "a child in the background that holds the pipe": "sleep 600 & echo $! > $PIDS/pid; echo hi",
  "a grandchild in a session of its own": `setsid sh -c 'echo $$ > $PIDS/pid; exec sleep 600' & echo hi; sleep 0.3`,
  "a grandchild that init adopted": `(setsid sh -c 'echo $$ > $PIDS/pid; exec sleep 600' > /dev/null 2>&1 &); echo hi; sleep 0.3`,
};

describe.skipIf(process.platform !== "linux")("a bounded command", () => {
  test.each(Object.entries(survivors))("a command that exits normally does not leave behind %s", async (_, script) => {
    const folder = mkdtempSync(join(tmpdir(), "pawprint-run-"));
    folders.push(folder);
    const ran = await shell(script, { env: { PATH: "/usr/bin:/bin", PIDS: folder } });
    expect(ran).toMatchObject({ stdout: "hi\n", exit: 0, stopped: null });
    expect(isRunning(Number(readFileSync(join(folder, "pid"), "utf8")))).toBe(false);
  });

  test.each(Object.entries(survivors))(
    "a command stopped at its deadline does not leave behind %s",
    async (_, script) => {
      const folder = mkdtempSync(join(tmpdir(), "pawprint-run-"));
      folders.push(folder);
      const env = { PATH: "/usr/bin:/bin", PIDS: folder };
      const ran = await shell(`${script}; value=$(sleep 600)`, { env, deadline: AbortSignal.timeout(1_500) });
      expect(ran).toMatchObject({ stdout: "hi\n", exit: null, stopped: "deadline" });
      expect(isRunning(Number(readFileSync(join(folder, "pid"), "utf8")))).toBe(false);
    },
  );

  test("a command with endless output is stopped at its limit, and no more than that is kept", async () => {
    const ran = await shell("yes", { maxBytes: 100_000 });
    expect(ran).toMatchObject({ exit: null, stopped: "output" });
    expect(ran.stdout.length).toBeLessThanOrEqual(100_000);
  });

  test("a command that floods standard error is stopped at the same limit", async () => {
    const ran = await shell("yes >&2", { maxBytes: 100_000 });
    expect(ran).toMatchObject({ exit: null, stopped: "output", stdout: "" });
  });

  test("a command gets its input on a stdin that stays open", async () => {
    const ran = await shell('read -r line; echo "got $line"; kill -0 $$ && exit 3', { input: "one\n" });
    expect(ran).toMatchObject({ stdout: "got one\n", exit: 3 });
    const waits = await shell("cat", { input: "one\n", deadline: AbortSignal.timeout(500) });
    expect(waits).toMatchObject({ stdout: "one\n", stopped: "deadline" });
  });

  test("a missing program is reported in notStarted and does not throw", async () => {
    const ran = await shell("", { command: ["/nowhere/program"] });
    expect(ran.exit).toBeNull();
    expect(ran.notStarted).toContain("/nowhere/program");
  });

  test("isLast gets complete lines as they arrive, in whatever pieces", async () => {
    const lines: string[] = [];
    const script = `printf a; sleep 0.1; printf 'b\\ncd'; sleep 0.1; printf '\\n\\ne'`;
    await shell(script, { isLast: (line) => lines.push(line) < 0 });
    expect(lines).toEqual(["ab", "cd", "", "e"]);
  });
});
