import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { chain } from "../../../src/install/previous/chain.ts";
import { harness, refresh } from "../harness.ts";
import { isRunning } from "../../running.ts";

const ANSWER = "printf 'ours\\n'";
/** Reads one line, as our line reads one document. */
const OURS = ["/bin/sh", "-c", `read -r line; ${ANSWER}`];
const DOCUMENT = '{"session_id":"s1"}';

/** Input that arrives in two parts and then stays open forever, as Claude Code's may. */
function open(text = `${DOCUMENT}\n`): ReadableStream<Uint8Array> {
  const half = Math.floor(text.length / 2);
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode(text.slice(0, half)));
      await Bun.sleep(10);
      controller.enqueue(new TextEncoder().encode(text.slice(half)));
    },
  });
}

describe("the chained line with an input that never ends", () => {
  const cases: Record<string, [previous: string | null, shown: string]> = {
    "prints one row": ["printf old", "ours\nold"],
    "reads the same input to its end": ["cat", `ours\n${DOCUMENT}`],
    "prints several rows": ["printf 'a\\n\\033[31mb\\033[0m\\n\\n'", "ours\na\n\x1b[31mb\x1b[0m"],
    "prints nothing": ["true", "ours"],
    "prints blanks": ["printf ' \\n\\n'", "ours"],
    "fails after printing": ["printf half; exit 3", "ours"],
    "does not exist": ["/no/such/program", "ours"],
    "is not valid shell text": ["'", "ours"],
    "does not read its input": ["exec 0<&-; printf deaf", "ours\ndeaf"],
    "is killed": ["kill -9 $$", "ours"],
    "is missing": [null, "ours"],
  };
  for (const [name, [previous, shown]] of Object.entries(cases)) {
    test(`shows the right rows if the previous command ${name}`, async () =>
      expect(await chain(open(), OURS, previous)).toBe(shown));
  }

  test("kills a previous command that hangs, with its children", async () => {
    using at = harness();
    const pids = `${at.home}/pids`;
    const shown = await chain(open(), OURS, `sleep 600 & echo $! $$ >'${pids}'; sleep 600; printf late`, 300);
    expect(shown).toBe("ours");
    await Bun.sleep(50);
    expect(at.read(pids).trim().split(" ").filter(isRunning)).toEqual([]);
  });

  test("does not wait for or kill what a previous command leaves in the background", async () => {
    using at = harness();
    const pids = `${at.home}/pids`;
    const shown = await chain(open(), OURS, `sleep 600 & echo $! >'${pids}'; printf quick`);
    expect(shown).toBe("ours\nquick");
    const left = at.read(pids).trim();
    expect(isRunning(left)).toBe(true);
    process.kill(Number(left), "SIGKILL");
  });

  test("shows the other if our line hangs or the previous command prints too much", async () => {
    expect(await chain(open(), ["/bin/sh", "-c", "sleep 60"], "printf old", 500)).toBe("old");
    const shown = await chain(open(), OURS, "yes", 1_000);
    expect(shown).toBe("ours");
  });

  test("passes large input to both completely", async () => {
    const text = `{"a":"${"x".repeat(1_000_000)}"}\n`;
    expect(await chain(open(text), ["/bin/sh", "-c", `head -n 1 | wc -c`], "wc -c")).toBe(
      `${text.length}\n${text.length}`,
    );
  });
});

describe("install --chain", () => {
  const settings = (command: string): string =>
    `{\n  "statusLine": ${JSON.stringify({ type: "command", command })}\n}\n`;

  test.each([[], ["standalone"]])(
    "shows both lines, with stdin held open or closed, in a program of kind [%s]",
    async (...kind) => {
      using at = harness("a b'c");
      at.write(at.settings, settings('cat >"$HOME/seen"; printf "old \\"quoted\\"\\n"'));
      const { command, chain: chained } = await at.install("chain", ...kind);
      expect(chained).toBe(true);
      for (const close of [false, true]) {
        const shown = await refresh(command, { cwd: at.home, env: { HOME: at.home }, close });
        expect(shown).toMatchObject({ out: 'line of s1 1 calm\nold "quoted"\n', code: 0 });
        expect(readFileSync(`${at.home}/seen`, "utf8")).toBe('{"session_id":"s1","cwd":"/"}');
      }
      await at.uninstall();
      expect(at.read(at.settings)).toBe(settings('cat >"$HOME/seen"; printf "old \\"quoted\\"\\n"'));
    },
  );

  test("shows our line and exits with 0 if the previous command fails or install.json is gone", async () => {
    using at = harness();
    at.write(at.settings, settings("printf half; exit 1"));
    const { command } = await at.install("chain");
    const ours = { out: "line of s1 1 calm\n", code: 0 };
    expect(await refresh(command, { cwd: at.home, env: { HOME: at.home } })).toMatchObject(ours);
    at.write(`${at.pets}/install.json`, "{");
    expect(await refresh(command, { cwd: at.home, env: { HOME: at.home } })).toMatchObject(ours);
  });

  test("installs only our line and says so if there is no valid previous command", async () => {
    using at = harness();
    const alone = { chain: false, notes: [expect.stringContaining("no previous statusLine")] };
    expect(await at.install("chain")).toMatchObject(alone);
    await at.uninstall();
    at.write(at.settings, '{"statusLine": "a string"}');
    expect(await at.install("chain")).toMatchObject(alone);
    await at.uninstall();
    expect(at.read(at.settings)).toBe('{"statusLine": "a string"}');
  });

  test("is undone by an install without --chain, which says so", async () => {
    using at = harness();
    at.write(at.settings, settings("printf old"));
    await at.install("chain");
    const { command, notes } = await at.install();
    expect(notes).toEqual([expect.stringContaining("--chain")]);
    expect((await refresh(command, { cwd: at.home, env: { HOME: at.home } })).out).toBe("line of s1 1 calm\n");
  });

  test("ends at once with its children when Claude Code terminates it", async () => {
    using at = harness();
    const pids = `${at.home}/pids`;
    at.write(at.settings, settings(`echo $$ >'${pids}'; sleep 600 & echo $! >>'${pids}'; wait`));
    const { command } = await at.install("chain");
    const shown = Bun.spawn(["/bin/sh", "-c", `exec ${command}`], {
      env: { HOME: at.home },
      stdio: ["pipe", "pipe", "ignore"],
    });
    void shown.stdin.write(DOCUMENT);
    await shown.stdin.flush();
    while (!existsSync(pids) || at.read(pids).trim().split("\n").length < 2) await Bun.sleep(10);
    shown.kill("SIGTERM");
    expect(await shown.exited).toBe(0);
    await Bun.sleep(50);
    expect(at.read(pids).trim().split("\n").filter(isRunning)).toEqual([]);
  });
});
