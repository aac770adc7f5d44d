import type { OpenedLedger } from "../../collector/open-ledger.ts";
import { scanWithProgress } from "../../cli/report-command.ts";
import { LogCollector, logPlaceOf } from "../../monitoring/log-source/LogCollector.ts";
import { selfCommand, withHome } from "../../utils/paths.ts";
import type { Context } from "../contract.ts";

/** What reads our own log into a ledger. */
export async function logCollectorFor(context: Context, { ledger }: OpenedLedger): Promise<LogCollector> {
  const { settings, places, env, clock } = context;
  const environment = { env: withHome(env, places), home: places.home, now: () => clock.now() };
  return new LogCollector(ledger, await logPlaceOf(settings, places), environment);
}

/** Reads everything that is new: usage and activity of all assistants, and our own log. */
export async function scanAll(context: Context, opened: OpenedLedger): Promise<void> {
  await scanWithProgress("usage", opened, context);
  await scanWithProgress("activity", opened, context);
  await (await logCollectorFor(context, opened)).scan();
}

/** Reads what is there in another process: a first scan needs much memory, which a process keeps. */
export async function scanInChild({ env, places }: Context, signal: AbortSignal): Promise<void> {
  const child = Bun.spawn(selfCommand("scan", "--wait", "--json"), {
    cwd: places.home,
    env: { ...env },
    stdio: ["ignore", "ignore", "inherit"],
    signal,
  });
  await child.exited;
}
