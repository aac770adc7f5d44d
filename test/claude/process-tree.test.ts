import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { fromPs, killTree, membersOf } from "../../src/claude/process-tree.ts";
import { runningProcesses } from "../running.ts";
import { fakeClaude, removeTemporaries, workingPieces } from "../monitoring/fake-claude.ts";

setDefaultTimeout(20_000);
afterAll(removeTemporaries);
const USAGE = { usage: true, status: false };

/** Ways to start descendants that resist termination. Each ends in a program that never answers. */
const families: Readonly<Record<string, string>> = {
  "that ignores all signals that can be ignored": `trap '' TERM INT HUP QUIT; sleep 1001 & sleep 1002`,
  "with a grandchild in the background": `(sleep 1003 & sleep 1004) & wait`,
  "with a grandchild in a session of its own": `setsid sh -c 'sleep 1005 & wait' & wait`,
  "with a daemon that init adopted": `(setsid sh -c 'sleep 1006 & sleep 1007' > /dev/null 2>&1 < /dev/null &); sleep 1008`,
  "with a child that forgot environment and group": `env -i setsid sleep 1009.$$ & wait`,
  "with a child that forks all the time": `sh -c 'while :; do sleep 1010 & sleep 0.01; done' & wait`,
};

/** Running commands of a process group, or marked with its number. Zombies do not count. */
function alive(group: number): string[] {
  const isOurs = (one: { group: number; args: readonly string[] }): boolean =>
    one.group === group || one.args.at(-1) === `1009.${group}`;
  return runningProcesses().flatMap((one) => (isOurs(one) ? [one.args.join(" ")] : []));
}

describe.skipIf(process.platform !== "linux")("a program", () => {
  test.each(Object.entries(families))("a program %s leaves no process behind", async (_, control) => {
    const program = fakeClaude({ control: `echo $$ > "$FAKE/pid"; ${control}`, usage: "exit 1" });
    const { failure } = await program.ask(USAGE, { timeoutMs: 600 });
    expect(failure?.reason).toBe("no answer within 0.6 s");
    expect(program.leftProcesses()).toEqual([]);
    expect(alive(Number(program.file("pid")))).toEqual([]);
  });

  test("a program that answers leaves no process behind either", async () => {
    const control = `setsid sleep 1011 > /dev/null 2>&1 & sleep 1012 & ${workingPieces.control}`;
    const program = fakeClaude({ control });
    const { usage, failure } = await program.ask(USAGE);
    expect({ source: usage?.source, failure }).toEqual({ source: "control", failure: null });
    expect(program.leftProcesses()).toEqual([]);
  });

  test("processes of others are not killed", async () => {
    const bystander = Bun.spawn(["sleep", "1013"], { detached: true });
    const program = fakeClaude({ control: "sleep 1014" });
    await program.ask(USAGE, { timeoutMs: 300 });
    expect(bystander.exitCode).toBeNull();
    await killTree(bystander.pid, crypto.randomUUID());
    await bystander.exited;
    expect(bystander.signalCode).toBe("SIGKILL");
  });
});

describe("members of a run", () => {
  const entry = (pid: number, parent: number, group: number, isMarked = false) => ({ pid, parent, group, isMarked });

  test("the members of a run are its group, its marked processes, and their descendants", () => {
    const table = [
      entry(10, 1, 10),
      entry(11, 10, 10),
      entry(12, 1, 10),
      entry(13, 1, 13, true),
      entry(15, 14, 15),
      entry(14, 13, 14),
      entry(20, 1, 20),
      entry(21, 20, 20),
    ];
    expect(membersOf(10, table).toSorted((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15]);
    expect(
      membersOf(
        30,
        table.filter(({ isMarked }) => !isMarked),
      ),
    ).toEqual([]);
  });

  test("this process and init are never members of a run", () => {
    expect(membersOf(10, [entry(process.pid, 10, 10, true), entry(1, 0, 10, true)])).toEqual([]);
  });

  test.skipIf(Bun.which("ps") === null)("ps lists processes on systems without /proc", () => {
    const own = fromPs().find(({ pid }) => pid === process.pid);
    expect(own?.parent).toBe(process.ppid);
  });
});
