import { lstatSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { dateOf, FOREVER, systemZone, type Zone } from "../model/calendar.ts";
import { ledgerError } from "../ledger/sqlite/database.ts";
import type { Ledger } from "../ledger/sqlite/Ledger.ts";
import { OldLedger, unfinishedCopy } from "../ledger/sqlite/OldLedger.ts";
import { refill } from "../ledger/sqlite/refill.ts";
import { openLedgerFor, scanWithProgress } from "../cli/report-command.ts";
import { checkSettings } from "../install/machine.ts";
import { bytesText, count } from "../render/format.ts";
import { PawprintError } from "../utils/errors.ts";
import { ensureOwnFile, freeName, removeIfPresent, zoneFiles } from "../utils/files.ts";
import { tryLock } from "../utils/lock.ts";
import { ledgerPath } from "../utils/paths.ts";
import { jsonText } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";

/** How long to wait for other processes that have the ledger open, milliseconds. */
const BUSY_MS = 10_000;

/** Rebuilds the ledger. If killed at any moment, it leaves either the old ledger or the new one in place. */
export const rebuild: Command = {
  name: "rebuild",
  purpose: "ledger",
  description:
    "rebuild a damaged ledger: from its readable rows and the assistants' files; the old one is kept next to it",
  options: [{ name: "json", description: "print JSON" }],
  examples: [{ args: "rebuild", description: "make a new ledger from the files and from what is readable" }],
  related: ["verify", "scan"],
  async run(context) {
    checkSettings(context, "logging");
    const { settings, places, options, print, env } = context;
    const path = ledgerPath(settings, places);
    // lstat, so that a dangling link counts as present: nothing may be created next to it.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      throw new PawprintError(
        "not_found",
        `there is no ledger ${path}`,
        "run: pawprint scan, which creates one from the assistants' files",
      );
    }
    // Opening a pipe would block forever.
    ensureOwnFile(path);
    const lock = tryLock(`${path}.rebuild-lock`);
    if (lock === null) throw new PawprintError("busy", "another rebuild is running", "wait until it has ended");
    try {
      const rebuilt = await rebuildAt(path, context);
      if (options["json"]) print(jsonText(rebuilt, 2));
      else for (const line of summaryLines(rebuilt, systemZone(env, zoneFiles).zone)) print(line);
      return 0;
    } catch (error) {
      throw ledgerError(path, error);
    } finally {
      lock.release();
    }
  },
};

/** The result of a rebuild. */
interface RebuildSummary {
  /** Number of observations copied from the old ledger, and of those left out because they are damaged. */
  readonly kept: number;
  readonly damaged: number;
  /** Whether SQLite could read all of the old ledger. */
  readonly wasWhole: boolean;
  /** Bytes of the assistants' files that were read again. */
  readonly bytes: number;
  /** Number of responses in the new ledger. */
  readonly responses: number;
  /** Responses in the old ledger that are missing from the new one, with the times of the first and the last. */
  readonly lost: { readonly responses: number; readonly first: number; readonly last: number };
  /** Path that the old ledger was moved to. */
  readonly old: string;
}

async function rebuildAt(path: string, context: Context): Promise<RebuildSummary> {
  const fresh = `${path}.new`;
  // Left by an interrupted rebuild; nobody else uses it while the lock is held.
  removeDatabase(fresh);
  removeIfPresent(unfinishedCopy(path));
  using old = new OldLedger(path, BUSY_MS);
  try {
    const kept = refill(fresh, old, hostname);
    const { bytes, responses, lost } = await fillLedger(fresh, old, context);
    if (sizeOf(`${fresh}-wal`) > 0)
      throw new PawprintError("busy", `another process has ${fresh} open`, "end that process and try again");
    const aside = freeName(
      `${path}.${new Date(context.clock.now()).toISOString().slice(0, 19).replaceAll(":", "")}.old`,
    );
    old.copyTo(aside);
    old.replaceWith(fresh);
    return { kept, damaged: old.damaged, wasWhole: old.isWhole, bytes, responses, lost, old: aside };
  } finally {
    removeDatabase(fresh);
  }
}

/** Computes facts and roll-ups from the journal, and reads the assistants' files. */
async function fillLedger(
  path: string,
  old: OldLedger,
  context: Context,
): Promise<Pick<RebuildSummary, "bytes" | "responses" | "lost">> {
  using opened = openLedgerFor(context, undefined, path);
  const { ledger } = opened;
  ledger.rebuild();
  const { bytes } = await scanWithProgress("usage", opened, context);
  await scanWithProgress("activity", opened, context);
  ledger.checkpoint();
  return { bytes, responses: await responsesIn(ledger), lost: lostOf(old, ledger) };
}

async function responsesIn({ queries }: Ledger): Promise<number> {
  const whole = { from: 0, to: FOREVER };
  return (await queries.usage(whole, [{ ...whole, offsetMs: 0 }])).reduce((sum, row) => sum + row.responses, 0);
}

function lostOf(old: OldLedger, ledger: Ledger): RebuildSummary["lost"] {
  const lost = new Set<string>();
  let [first, last] = [Infinity, 0];
  for (const [key, at] of old.responses()) {
    if (ledger.hasResponse(key)) continue;
    lost.add(key);
    [first, last] = [Math.min(first, at), Math.max(last, at)];
  }
  return { responses: lost.size, first: lost.size === 0 ? 0 : first, last };
}

function summaryLines({ kept, damaged, wasWhole, bytes, responses, lost, old }: RebuildSummary, zone: Zone): string[] {
  return [
    `${count(kept)} observations were kept from the old ledger${damaged === 0 ? "" : `; ${count(damaged)} were damaged and left out`}`,
    `${bytesText(bytes)} of the assistants' files were read again`,
    `the new ledger holds ${count(responses)} responses`,
    ...(lost.responses === 0
      ? []
      : [
          `lost: ${count(lost.responses)} responses, from ${dateOf(zone, lost.first)} to ${dateOf(zone, lost.last)}, which no remaining file contains`,
        ]),
    ...(wasWhole
      ? []
      : [
          "parts of the old ledger could not be read: their data was recovered only as far as the assistants' files still contain it",
        ]),
    `the old ledger is kept as ${old}; delete it when you no longer need it`,
  ];
}

function removeDatabase(path: string): void {
  for (const end of ["", "-wal", "-shm", "-journal"]) removeIfPresent(path + end);
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
