import { describe, expect, test } from "bun:test";
import { existsSync, lchownSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { chain } from "../../../src/install/previous/chain.ts";
import { keptOutputName, keptOutputDirectory } from "../../../src/install/previous/kept-output.ts";
import { harness, refresh } from "../harness.ts";
import { isRunning } from "../../running.ts";

const OURS = ["/bin/sh", "-c", "read -r line; printf 'ours\\n'"];
const DOCUMENT = '{"session_id":"s1","cwd":"/"}';

/** Claude Code's input for a session; it stays open. */
const inputOf = (session: string): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(`{"session_id":"${session}"}\n`)),
  });

const settings = (command: string): string => JSON.stringify({ statusLine: { type: "command", command } });

async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Bun.nanoseconds() + 20e9;
  while (!holds()) {
    if (Bun.nanoseconds() > end) throw new Error(`never: ${what}`);
    await Bun.sleep(10);
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

const pidsIn = (path: string, count: number): string[] | null => {
  const pids = existsSync(path) ? readFileSync(path, "utf8").trim().split(/\s+/) : [];
  return pids.length >= count ? pids : null;
};

describe("a previous command that is slower than the line", () => {
  test("shows its last output while the next one is computed in the background", async () => {
    using at = harness();
    const [directory, gate] = [`${at.home}/kept`, `${at.home}/gate`];
    const slow = `n=$(cat '${gate}' 2>/dev/null); [ -n "$n" ] || while [ ! -e '${gate}' ]; do sleep 0.02; done; cat '${gate}'`;
    const name = `${directory}/${keptOutputName(slow, "s1")}`;
    expect(await chain(inputOf("s1"), OURS, slow, 60_000, directory)).toBe("ours");
    writeFileSync(gate, "one");
    await until(() => existsSync(name), "the output is kept");
    await until(() => !existsSync(`${name}.running`), "the run is over");
    expect(await chain(inputOf("s1"), OURS, slow, 60_000, directory)).toBe("ours\none");
    expect(await chain(inputOf("s2"), OURS, `: '${gate}'; exec sleep 600`, 1_500, directory)).toBe("ours");
  });

  test("shows the age of the kept output, and no output older than a day", async () => {
    using at = harness();
    const directory = `${at.home}/kept`;
    const slow = "exec sleep 600";
    await chain(inputOf("s1"), OURS, "printf x", 5_000, directory);
    const kept = (ageMs: number): void =>
      writeFileSync(
        `${directory}/${keptOutputName(slow, "s1")}`,
        JSON.stringify({ at: Date.now() - ageMs, text: "\x1b[32mold\x1b[0m\nsecond" }),
      );
    kept(3 * 3_600_000 + 1_000);
    expect(await chain(inputOf("s1"), OURS, slow, 1_000, directory)).toBe(
      "ours\n\x1b[32mold\x1b[0m\x1b[0m  stale 3h00m\nsecond",
    );
    kept(25 * 3_600_000);
    expect(await chain(inputOf("s1"), OURS, slow, 1_000, directory)).toBe("ours");
  });

  test("runs only once at a time for a session, however often the line is refreshed", async () => {
    using at = harness();
    const [directory, starts] = [`${at.home}/kept`, `${at.home}/starts`];
    const slow = `echo $$ >>'${starts}'; exec sleep 600`;
    const shown = [1, 2, 3, 4].map(() => chain(inputOf("s1"), OURS, slow, 8_000, directory));
    expect(await Promise.all(shown)).toEqual(["ours", "ours", "ours", "ours"]);
    expect(pidsIn(starts, 1)).toHaveLength(1);
    // A mark left by a killed supervisor does not block runs for longer than a run may take.
    const mark = readdirSync(directory).find((name) => name.endsWith(".running")) ?? "";
    writeFileSync(`${directory}/${mark}`, "1");
    await chain(inputOf("s1"), OURS, slow, 8_000, directory);
    expect(pidsIn(starts, 2)).toHaveLength(2);
  });

  test("removes the output of a session that was not seen for a day", async () => {
    using at = harness();
    const directory = `${at.home}/kept`;
    await chain(inputOf("s1"), OURS, "printf x", 5_000, directory);
    const old = `${directory}/${keptOutputName("printf x", "s1")}`;
    await until(() => existsSync(old) && !existsSync(`${old}.running`), "the output is kept");
    writeFileSync(old, JSON.stringify({ at: Date.now() - 25 * 3_600_000, text: "x" }));
    await chain(inputOf("s2"), OURS, "printf x", 5_000, directory);
    await until(() => !existsSync(old), "it is removed");
    expect(existsSync(`${directory}/${keptOutputName("printf x", "s2")}`)).toBe(true);
  });

  test.skipIf(process.getuid?.() !== 0)("writes no output to a directory that is refused", async () => {
    using at = harness();
    const [theirs, link] = [`${at.home}/theirs`, `${at.home}/link`];
    mkdirSync(theirs);
    symlinkSync(theirs, link);
    lchownSync(link, 12_345, 12_345);
    expect(await chain(inputOf("s1"), OURS, "printf x", 5_000, link)).toBe("ours\nx");
    await Bun.sleep(300);
    expect(readdirSync(theirs)).toEqual([]);
  });

  test("prints no control sequences, and at most 256 KB", async () => {
    const noisy = "printf '\\033]0;title\\007\\033[31mred\\033[0m\\033[2J\\n\\302\\2332Jnext'";
    expect(await chain(inputOf("s1"), OURS, noisy)).toBe("ours\n\x1b[31mred\x1b[0m\nnext");
    const bytes = "i=0; while [ $i -lt 300000 ]; do printf x; i=$((i+1)); done";
    expect(await chain(inputOf("s1"), OURS, bytes, 10_000)).toBe("ours");
  });
});

describe.skipIf(process.platform !== "linux")("the chained line, ended by", () => {
  const LINE = "line of s1 1 calm\n";
  /** The supervisor of a previous command, started from the installed program. */
  const supervisorBelow = (pets: string): number | undefined =>
    readdirSync("/proc").flatMap((name) => {
      const command = /^\d+$/.test(name) ? commandOf(name) : "";
      return command.includes(`${pets}/bin/chain.js\0previous\0`) ? [Number(name)] : [];
    })[0];
  const leaving = (pids: string): string =>
    `echo $$ >>'${pids}'; setsid sleep 600 & echo $! >>'${pids}'; (setsid sh -c 'echo $$ >>"${pids}"; exec sleep 600' &); printf shown;`;

  test.each(["SIGTERM", "SIGKILL", "SIGHUP", "SIGINT", "SIGQUIT"] as const)(
    "%s leaves no process of the previous command running, not even children outside its process group",
    async (signal) => {
      using at = harness();
      const pids = `${at.home}/pids`;
      at.write(at.settings, settings(`${leaving(pids)} exec sleep 600`));
      const { command } = await at.install("chain");
      const shown = Bun.spawn(["/bin/sh", "-c", `exec ${command}`], {
        env: { HOME: at.home, PATH: "/usr/bin:/bin" },
        stdio: ["pipe", "pipe", "ignore"],
      });
      void shown.stdin.write(DOCUMENT);
      await shown.stdin.flush();
      await until(() => pidsIn(pids, 3) !== null, "the command runs");
      shown.kill(signal);
      await until(() => !(pidsIn(pids, 3) ?? []).some(isRunning), "all of it is gone");
      if (signal === "SIGKILL") return;
      // Our own line may not have finished yet; the output then says that it could not be shown.
      expect([LINE, "pawprint: the line could not be shown\n"]).toContain(await shown.stdout.text());
      expect(await shown.exited).toBe(0);
    },
    30_000,
  );

  test.each(["SIGKILL", "SIGQUIT", "SIGSTOP"] as const)(
    "%s to the supervisor of the previous command leaves no process of it after the next line",
    async (signal) => {
      using at = harness();
      const pids = `${at.home}/pids`;
      at.write(at.settings, settings(`${leaving(pids)} exec sleep 600`));
      const { command } = await at.install("chain");
      const where = { cwd: at.home, env: { HOME: at.home, PATH: "/usr/bin:/bin" } };
      const shown = refresh(command, where);
      await until(() => pidsIn(pids, 3) !== null, "the command runs");
      const first = pidsIn(pids, 3) ?? [];
      const supervisor = supervisorBelow(at.pets);
      if (supervisor === undefined) throw new Error("no supervisor was started from where the program was installed");
      process.kill(supervisor, signal);
      expect(await shown).toMatchObject({ out: LINE, code: 0 });
      if (signal === "SIGSTOP") {
        const kept = keptOutputDirectory({ pets: at.pets });
        const mark = `${kept}/${readdirSync(kept).find((name) => name.endsWith(".running"))}`;
        // Makes the run look as if its timeout had passed.
        writeFileSync(mark, readFileSync(mark, "utf8").replace(/^\d+/, "1"));
        expect(await refresh(command, where)).toMatchObject({ out: LINE, code: 0 });
      }
      await until(() => ![...first, String(supervisor)].some(isRunning), "all of it is gone");
    },
    30_000,
  );

  test("after a normal end leaves no process either, once background processes have reached the timeout", async () => {
    using at = harness();
    const pids = `${at.home}/pids`;
    at.write(at.settings, settings(`${leaving(pids)} exit 0`));
    const { command } = await at.install("chain");
    const { out } = await refresh(command, { cwd: at.home, env: { HOME: at.home, PATH: "/usr/bin:/bin" } });
    expect(out).toBe("line of s1 1 calm\nshown\n");
    await until(() => !(pidsIn(pids, 3) ?? ["1"]).some(isRunning), "all of it is gone");
  }, 30_000);

  test("uninstall removes the mark of a slow log directory, and keeps the log's files if they are in the same folder", async () => {
    using at = harness();
    await at.install();
    at.write(`${at.pets}/.run/slow-worker`, "1");
    at.write(`${at.pets}/.run/state-login-1a2b3c4d`, "{}");
    await at.uninstall();
    expect(readdirSync(`${at.pets}/.run`)).toEqual(["state-login-1a2b3c4d"]);
  });

  test("uninstall removes the kept outputs", async () => {
    using at = harness();
    at.write(at.settings, settings("printf old"));
    const { command } = await at.install("chain");
    await refresh(command, { cwd: at.home, env: { HOME: at.home } });
    await until(() => existsSync(keptOutputDirectory({ pets: at.pets })), "an output is kept");
    await at.uninstall();
    expect(existsSync(keptOutputDirectory({ pets: at.pets }))).toBe(false);
  });
});
