import { readdirSync, readFileSync } from "node:fs";

/** A process: its parent, its group, and whether its environment contains the mark. */
interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly isMarked: boolean;
}

/** The environment variable that marks the processes of a run, even after their parent has changed. */
export const MARK = "PAWPRINT_CAPTURE";

/** Linux: reads /proc, without zombies. The mark finds processes that have left their group and parent. */
function fromProc(mark: string): ProcessEntry[] {
  return readdirSync("/proc").flatMap((name): ProcessEntry[] => {
    const pid = Number(name);
    if (!Number.isInteger(pid)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z" || state === "X") return [];
      return [{ pid, parent: Number(parent), group: Number(group), isMarked: hasMark(name, mark) }];
    } catch {
      return []; // It ended in the meantime.
    }
  });
}

function hasMark(name: string, mark: string): boolean {
  try {
    return readFileSync(`/proc/${name}/environ`, "latin1").includes(`${MARK}=${mark}`);
  } catch {
    return false;
  }
}

/** Other systems: reads ps, which every Unix has, but which does not show marks. */
export function fromPs(): ProcessEntry[] {
  const { stdout } = Bun.spawnSync(["ps", "-axo", "pid=,ppid=,pgid="], {
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 2_000,
  });
  return stdout
    .toString()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, parent, group]) =>
      pid && parent !== undefined && group !== undefined ? [{ pid, parent, group, isMarked: false }] : [],
    );
}

/** All processes that can be listed. With an empty list only the process group is killed. */
function processes(mark: string): ProcessEntry[] {
  try {
    return process.platform === "linux" ? fromProc(mark) : fromPs();
  } catch {
    return [];
  }
}

/**
 * The pids of the run with first process `root` (null if unknown): its group, marked processes, and the descendants of
 * those.
 */
export function membersOf(root: number | null, entries: readonly ProcessEntry[]): number[] {
  const members = new Set(root === null ? [] : [root]);
  for (let size = -1; size !== members.size;) {
    size = members.size;
    for (const { pid, parent, group, isMarked } of entries)
      if (isMarked || group === root || members.has(parent)) members.add(pid);
  }
  const alive = new Set(entries.map(({ pid }) => pid));
  return [...members].filter((pid) => alive.has(pid) && pid > 1 && pid !== process.pid);
}

/** Whether any process of a run is still alive. */
export const hasProcesses = (root: number, mark: string): boolean => membersOf(root, processes(mark)).length > 0;

const MAX_ROUNDS = 40;

/**
 * Kills all processes of a run with SIGKILL, repeatedly until none is left, since a process may fork in between. The
 * group is stopped before listing its processes, because when a parent dies its children can no longer be identified.
 */
export async function killTree(root: number | null, mark: string): Promise<void> {
  const group = root === null ? [] : [-root];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    for (const pid of group) signalProcess(pid, "SIGSTOP");
    const members = membersOf(root, processes(mark));
    for (const pid of [...group, ...members]) signalProcess(pid, "SIGKILL");
    if (members.length === 0) return;
    await Bun.sleep(Math.min(round, 10));
  }
}

function signalProcess(pid: number, signal: "SIGSTOP" | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already, or belongs to another user.
  }
}
