// Runs seeded histories of machines and a hub, in as many processes as there are cores: bun run hub:simulation [--help]
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runHistory } from "../../sync/simulation/history.ts";

const HELP = `bun run hub:simulation: histories of machines and a hub in virtual time, each with a seed

  --histories N   how many (100000)
  --first N       the first seed (1); with --histories 1 a failure is reproduced, and everything that happened is printed`;
/** Failures that are printed with all that happened. */
const MOST_PRINTED = 5;
/** Histories of a process: the memory of closed databases is given back with it. */
const PART = 2_000;

const { values } = parseArgs({
  options: {
    histories: { type: "string", default: "100000" },
    first: { type: "string", default: "1" },
    part: { type: "boolean" },
    help: { type: "boolean" },
  },
});
const first = Number(values.first);
const count = Number(values.histories);

/** Runs some histories in this process; prints a line of JSON for each that fails. */
async function runPart(): Promise<void> {
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "pawprint-simulation-"));
  try {
    for (let seed = first; seed < first + count; seed++) {
      const { problems, log } = await runHistory(seed, folder);
      if (problems.length > 0) console.log(JSON.stringify({ seed, problems: problems.slice(0, 10), log }));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface FailedHistory {
  readonly seed: number;
  readonly problems: readonly string[];
  readonly log: readonly string[];
}

async function runAll(): Promise<number> {
  const began = performance.now();
  const failed: FailedHistory[] = [];
  let next = first;
  let done = 0;
  const worker = async (): Promise<void> => {
    while (next < first + count) {
      const from = next;
      const size = Math.min(PART, first + count - from);
      next += size;
      const child = Bun.spawn(
        [process.execPath, import.meta.path, "--part", "--first", String(from), "--histories", String(size)],
        { stdout: "pipe", stderr: "inherit" },
      );
      const out = await child.stdout.text();
      if ((await child.exited) !== 0) throw new Error(`the histories from ${from} ended with ${child.exitCode}`);
      failed.push(
        ...out
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line) as FailedHistory),
      );
      done += size;
      console.log(
        `${done} of ${count} histories, ${failed.length} failed, ${Math.round((performance.now() - began) / 1_000)} s`,
      );
    }
  };
  await Promise.all(cpus().map(worker));
  for (const { seed, problems, log } of failed.slice(0, MOST_PRINTED))
    console.log(`\nseed ${seed}:\n${problems.join("\n")}\n${log.join("\n")}`);
  console.log(`\n${count - failed.length} passed, ${failed.length} failed`);
  return failed.length === 0 ? 0 : 1;
}

if (values.help) console.log(HELP);
else if (values.part) await runPart();
else process.exit(await runAll());
