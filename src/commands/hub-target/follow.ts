import { openLedgerFor } from "../../cli/report-command.ts";
import { Garbage } from "../../sync/Garbage.ts";
import type { OpenLink } from "../../sync/link.ts";
import { webSocketLink } from "../../sync/web-socket-link.ts";
import { isProgramGone, ledgerPath } from "../../utils/paths.ts";
import { tryLock } from "../../utils/lock.ts";
import { PawprintError } from "../../utils/errors.ts";
import { clean } from "../../utils/terminal.ts";
import type { Context } from "../contract.ts";
import { reducedLines } from "./reduced-lines.ts";
import { type HubTarget, senderFor } from "./target.ts";
import { logCollectorFor, scanInChild } from "./scan.ts";

/** How often projects' files are read again and what is known of the hub is kept, milliseconds. */
const REFRESH_MS = 60_000;
/** How long session activity may be read at a time, milliseconds: acknowledgements wait meanwhile. */
const ACTIVITY_MS = 250;
/** Rows that are sent between two collections of garbage. */
const GARBAGE_ROWS = 1_000;

/**
 * Sends what is new until it is interrupted, over links to the target's address if no others are given. Throws busy if another
 * process does, and what ended the client.
 */
export async function follow(
  context: Context,
  target: HubTarget,
  signal: AbortSignal,
  open: OpenLink = webSocketLink(target.address),
): Promise<number> {
  const { settings, places } = context;
  const lock = tryLock(`${ledgerPath(settings, places)}.sync-lock`);
  if (lock === null)
    throw new PawprintError("busy", "another pawprint sync --follow sends this ledger", "end that one first");
  try {
    await scanInChild(context, signal);
    return await sendUntil(context, target, signal, open);
  } finally {
    lock.release();
  }
}

async function sendUntil(context: Context, target: HubTarget, signal: AbortSignal, open: OpenLink): Promise<number> {
  const { settings, clock, print, warn } = context;
  using opened = openLedgerFor(context, undefined, undefined, { profile: "follower" });
  const { ledger, collector } = opened;
  const log = await logCollectorFor(context, opened);
  const sender = senderFor(context, ledger, target);
  const runner = sender.runner(open);
  const { client } = sender;
  print(`sending to ${clean(target.address.url)} as "${clean(target.name)}"`);
  signal.addEventListener("abort", () => runner.wake(), { once: true });
  let problem: string | null = null;
  let scanAt = clock.now();
  let refreshAt = scanAt + REFRESH_MS;
  const garbage = new Garbage(GARBAGE_ROWS);
  while (!signal.aborted && client.status.state !== "ended") {
    const now = clock.now();
    // After a sleep of the machine, or a clock that was set back.
    if (now >= scanAt || scanAt - now > settings.syncInterval) {
      scanAt = now + settings.syncInterval;
      try {
        await collector.scan("usage", { signal });
        await collector.scan("activity", { signal: AbortSignal.any([signal, AbortSignal.timeout(ACTIVITY_MS)]) });
        await log.scan(signal);
      } catch (error) {
        // Another process writes to the ledger for long, such as rebuild.
        if (!(error instanceof PawprintError && error.code === "busy")) throw error;
      }
      if (isProgramGone()) break;
    }
    if (now >= refreshAt || refreshAt - now > REFRESH_MS) {
      refreshAt = now + REFRESH_MS;
      sender.refresh();
      sender.save();
      for (const line of reducedLines(sender)) warn(`pawprint: ${line}`);
    }
    runner.step();
    garbage.check(client.status.sent);
    const message = client.status.problem?.message ?? null;
    if (message !== problem && message !== null) warn(`pawprint: ${clean(message, 500)}`);
    problem = message;
    await runner.wait(Math.min(client.wakeAt, scanAt));
  }
  const { problem: last, state } = client.status;
  sender.save();
  client.end();
  if (state === "ended" && last) throw last;
  return 0;
}
