import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Whether a process runs; one that has ended and that nobody has waited for does not. */
export function isRunning(pid: number | string): boolean {
  if (existsSync("/proc/self/stat")) return entryOf(String(pid)) !== null;
  const { stdout } = Bun.spawnSync(["ps", "-o", "stat=", "-p", String(pid)]);
  return /^[^Z]/.test(stdout.toString().trim());
}

/** On Linux, the arguments of each running process by its id, with its group. */
export const runningProcesses = (): { group: number; args: string[] }[] =>
  readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (entryOf(name) ?? []) : []));

function entryOf(pid: string): { group: number; args: string[] } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return null;
    return { group: Number(group), args: readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter(Boolean) };
  } catch {
    return null; // It has ended in the meantime.
  }
}
