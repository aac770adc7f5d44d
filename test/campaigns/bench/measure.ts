import { readdirSync, readFileSync } from "node:fs";
import { platform } from "node:os";

const LIMIT_MS = 60_000;
const PAGE_KIB = 1024;

/** A command to measure, the same for every run. */
export interface Program {
  readonly name: string;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** Its input on stdin. */
  input(): string;
  /** Whether stdin stays open until it has exited, as some versions of Claude Code leave it. */
  readonly holdsOpen?: boolean;
  /** Text that its output must contain, so that a program that gives up early does not count as fast. */
  readonly expects: string;
}

/** One run from spawn to exit: wall and cpu time (user + system, including children it waited for) in milliseconds. */
export interface Run {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly out: string;
}

interface Started {
  readonly pid: number;
  readonly done: Promise<Run>;
}

/** Writes to stdin. A program that exits without reading breaks the pipe, which is no error. */
async function feed(stdin: Bun.FileSink, input: string, holdsOpen: boolean): Promise<void> {
  try {
    await stdin.write(input);
    await (holdsOpen ? stdin.flush() : stdin.end());
  } catch (error) {
    if ((error as { code?: string }).code !== "EPIPE") throw error;
  }
}

function begin(program: Program): Started {
  const input = program.input();
  const from = performance.now();
  const child = Bun.spawn([...program.command], {
    cwd: program.cwd,
    env: program.env,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  });
  void feed(child.stdin, input, program.holdsOpen ?? false);
  const finish = async (): Promise<Run> => {
    const texts = Promise.all([child.stdout.text(), child.stderr.text()]);
    const code = await child.exited;
    const wallMs = performance.now() - from;
    if (program.holdsOpen) void child.stdin.end();
    const [out, err] = await texts;
    if (code !== 0 || !out.includes(program.expects)) {
      const output = (err || out).trim().slice(0, 300);
      throw new Error(`${program.name}: exit ${code}, its output lacks "${program.expects}": ${output}`);
    }
    const cpu = child.resourceUsage()?.cpuTime.total ?? 0n;
    return { wallMs, cpuMs: Number(cpu) / 1000, out };
  };
  return { pid: child.pid, done: finish() };
}

/** Runs a program once and times it; throws if it fails or its output lacks the expected text. */
export function time(program: Program): Promise<Run> {
  return begin(program).done;
}

const text = (path: string): string => {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
};

/** The child processes of a process (Linux). */
export function childrenOf(pid: number): number[] {
  const root = `/proc/${pid}/task`;
  let tasks: string[];
  try {
    tasks = readdirSync(root);
  } catch {
    return [];
  }
  return tasks.flatMap((task) => text(`${root}/${task}/children`).split(" ").filter(Boolean).map(Number));
}

/** Peak KiB of a process and its descendants, each by the kernel's own high-water mark. */
function treePeakKib(pid: number): number {
  const own = /VmHWM:\s*(\d+)/.exec(text(`/proc/${pid}/status`))?.[1] ?? "0";
  // Between fork and exec a child is still a copy of its parent, with its memory and arguments.
  const args = text(`/proc/${pid}/cmdline`);
  const children = childrenOf(pid).filter((child) => text(`/proc/${child}/cmdline`) !== args);
  return children.reduce((sum, child) => sum + treePeakKib(child), Number(own));
}

/**
 * Runs a program once and returns the peak memory of it and its children together, in MiB; null if it cannot be
 * measured. The kernel's figure for a finished child cannot be used: it starts from the size of the process that
 * forked.
 */
export async function peakMib(program: Program): Promise<number | null> {
  if (platform() !== "linux") return null;
  const { pid, done } = begin(program);
  const state = { running: true };
  const stop = (): void => {
    state.running = false;
  };
  done.then(stop, stop);
  let peak = 0;
  while (state.running) {
    peak = Math.max(peak, treePeakKib(pid));
    await new Promise(setImmediate);
  }
  await done;
  return peak / PAGE_KIB;
}

/** The median of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function shuffled<T>(items: readonly T[]): T[] {
  const rest = [...items];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(Math.floor(Math.random() * rest.length), 1));
  return order;
}

/** The results of a program after all rounds; one run per round, so that runs of the same round can be compared. */
export interface Series {
  readonly program: Program;
  readonly runs: readonly Run[];
  readonly peaksMib: readonly number[];
  /** Why it could not be measured, or null. */
  readonly failure: string | null;
}

const WARM_UPS = 2;
const MEMORY_ROUNDS = 10;

/**
 * Runs all programs in turn, in another order each round. Memory is measured in separate rounds, because measuring it
 * costs time.
 */
export async function takeTurns(
  programs: readonly Program[],
  rounds: number,
  beforeRound: () => void | Promise<void>,
): Promise<Series[]> {
  const series = programs.map((program) => ({
    program,
    runs: [] as Run[],
    peaksMib: [] as number[],
    failure: null as string | null,
  }));
  const turn = async (visit: (one: (typeof series)[number]) => Promise<void>): Promise<void> => {
    await beforeRound();
    for (const one of shuffled(series)) {
      if (one.failure !== null) continue;
      await visit(one).catch((error: unknown) => {
        one.failure = error instanceof Error ? error.message : String(error);
      });
    }
  };
  for (let round = -WARM_UPS; round < rounds; round++) {
    await turn(async (one) => {
      // The first runs may set something up and print that.
      const run = await time(round < 0 ? { ...one.program, expects: "" } : one.program);
      if (round >= 0) one.runs.push(run);
    });
  }
  for (let round = 0; round < MEMORY_ROUNDS; round++) {
    await turn(async (one) => {
      const peak = await peakMib(one.program);
      if (peak !== null) one.peaksMib.push(peak);
    });
  }
  return series;
}

/**
 * How many times the wall or cpu time of `other` the runs of `ours` took: the median of the ratios within each round.
 */
export function ratio(ours: Series, other: Series, of: "wallMs" | "cpuMs"): number {
  return median(
    ours.runs.flatMap((run, round) => {
      const against = other.runs[round];
      return against ? [run[of] / against[of]] : [];
    }),
  );
}
