import { readdirSync, readFileSync } from "node:fs";

/** One process of this machine: its parent, its group, and whether it carries a mark in its environment. */
interface Entry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly isMarked: boolean;
}

/** The variable by which a run's processes are known again, wherever they were adopted. */
export const MARK = "PAWPRINT_CAPTURE";

/** Linux: /proc, zombies left out. The mark finds those that left group and parent. */
function fromProc(mark: string): Entry[] {
  return readdirSync("/proc").flatMap((name): Entry[] => {
    const pid = Number(name);
    if (!Number.isInteger(pid)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z" || state === "X") return [];
      return [{ pid, parent: Number(parent), group: Number(group), isMarked: hasMark(name, mark) }];
    } catch {
      return []; // It ended while we looked.
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

/** Elsewhere: ps, which every Unix has; nothing is known of marks. */
export function fromPs(): Entry[] {
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

/** All processes as far as they can be listed; an empty list leaves the process group alone to be killed. */
function processes(mark: string): Entry[] {
  try {
    return process.platform === "linux" ? fromProc(mark) : fromPs();
  } catch {
    return [];
  }
}

/** The pids that belong to the run whose first process was `root`, null where that is not known: its group, its mark, and all descendants of those. */
export function membersOf(root: number | null, entries: readonly Entry[]): number[] {
  const members = new Set(root === null ? [] : [root]);
  for (let size = -1; size !== members.size;) {
    size = members.size;
    for (const { pid, parent, group, isMarked } of entries)
      if (isMarked || group === root || members.has(parent)) members.add(pid);
  }
  const alive = new Set(entries.map(({ pid }) => pid));
  return [...members].filter((pid) => alive.has(pid) && pid > 1 && pid !== process.pid);
}

/** Whether anything of a run is left, its first process or what that started. */
export const remains = (root: number, mark: string): boolean => membersOf(root, processes(mark)).length > 0;

const MAX_ROUNDS = 40;

/**
 * Kills a run's whole tree with SIGKILL, again until nothing of it is left: a process may fork while we look. Its group is
 * stopped before it is looked at, since a parent that dies takes along the knowledge of whose its children were.
 */
export async function killTree(root: number | null, mark: string): Promise<void> {
  const group = root === null ? [] : [-root];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    for (const pid of group) send(pid, "SIGSTOP");
    const members = membersOf(root, processes(mark));
    for (const pid of [...group, ...members]) send(pid, "SIGKILL");
    if (members.length === 0) return;
    await Bun.sleep(Math.min(round, 10));
  }
}

function send(pid: number, signal: "SIGSTOP" | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already, or another user's, which we may not kill.
  }
}
