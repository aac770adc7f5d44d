import { join } from "node:path";
import type { Claude } from "./claude.ts";
import type { Harness } from "./harness.ts";
import { type InstalledLine, records, waitForProcesses } from "./line.ts";
import { Orphans } from "./orphans.ts";

const PERIOD_MS = 1_000;
const USAGE_INTERVAL_MS = 60_000;

/** The total cost of many sessions at once. */
export interface CrowdReport {
  readonly sessions: number;
  readonly seconds: number;
  readonly refreshes: number;
  /** Refreshes that printed nothing or exited with a status other than 0. */
  readonly failures: number;
  /**
   * Processor time over wall time, of the lines and of all processes they left behind; null if it cannot be measured.
   */
  readonly cores: { readonly lines: number; readonly workers: number | null };
  readonly usageIntervals: number;
  readonly launches: { readonly workers: number | null; readonly claude: number };
  readonly records: { readonly usage: number; readonly status: number };
  readonly processesLeft: number;
}

function trackOrphans(own: ReadonlySet<number>): Orphans | null {
  try {
    return new Orphans(own);
  } catch {
    return null;
  }
}

/** Runs sessions that are refreshed once a second, as with `refreshInterval: 1`, with logging on and a new log. */
export async function crowd(
  harness: Harness,
  line: InstalledLine,
  claude: Claude,
  sessions: number,
  seconds: number,
): Promise<CrowdReport> {
  const logs = join(harness.root, "crowd-logs");
  line.logInto(logs);
  const startsBefore = claude.starts();
  const own = new Set<number>();
  const orphans = trackOrphans(own);
  const cpuBefore = orphans?.cpuMs() ?? 0;
  const began = Date.now();
  const until = performance.now() + seconds * 1_000;
  let refreshes = 0;
  let failures = 0;
  let linesCpuMs = 0;

  async function refresh(sessionId: string): Promise<void> {
    const { command, cwd, env, input } = line.refresh("pawprint", { CLAUDE_CODE_SESSION_ID: sessionId }, sessionId);
    const stdin = new Blob([input()]);
    const child = Bun.spawn([...command], { cwd, env, stdin, stdout: "pipe", stderr: "ignore" });
    own.add(child.pid);
    const [out, code] = await Promise.all([child.stdout.text(), child.exited]);
    own.delete(child.pid);
    refreshes++;
    if (code !== 0 || out.trim() === "") failures++;
    linesCpuMs += Number(child.resourceUsage()?.cpuTime.total ?? 0n) / 1_000;
  }

  async function session(index: number): Promise<void> {
    const sessionId = crypto.randomUUID();
    await Bun.sleep((index / sessions) * PERIOD_MS);
    while (performance.now() < until) {
      const next = performance.now() + PERIOD_MS;
      await refresh(sessionId);
      await Bun.sleep(Math.max(next - performance.now(), 0));
    }
  }

  await Promise.all(Array.from({ length: sessions }, (_, index) => session(index)));
  const ended = Date.now();
  const processesLeft = await waitForProcesses(harness);
  const wallMs = ended - began;
  orphans?.scan();
  const allCpuMs = orphans ? orphans.cpuMs() - cpuBefore : null;
  orphans?.close();
  return {
    sessions,
    seconds,
    refreshes,
    failures,
    cores: { lines: linesCpuMs / wallMs, workers: allCpuMs === null ? null : (allCpuMs - linesCpuMs) / wallMs },
    usageIntervals: Math.floor(ended / USAGE_INTERVAL_MS) - Math.floor(began / USAGE_INTERVAL_MS) + 1,
    launches: { workers: orphans?.adopted ?? null, claude: claude.starts() - startsBefore },
    records: { usage: records(logs, "usage").length, status: records(logs, "status").length },
    processesLeft,
  };
}
