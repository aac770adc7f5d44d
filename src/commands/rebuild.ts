import { existsSync, lstatSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { dateOf, FOREVER, systemZone, type Zone } from "../model/calendar.ts";
import { ledgerError } from "../ledger/sqlite/database.ts";
import type { Ledger } from "../ledger/sqlite/Ledger.ts";
import { OldLedger, unfinishedCopy } from "../ledger/sqlite/OldLedger.ts";
import { refill } from "../ledger/sqlite/refill.ts";
import { openFor, readWatched } from "../cli/report-command.ts";
import { checkLogSettings } from "../install/machine.ts";
import { bytesText, count } from "../render/format.ts";
import { PawprintError } from "../utils/errors.ts";
import { ensureOwnFile, unlinkQuietly, zoneFiles } from "../utils/files.ts";
import { tryLock } from "../utils/lock.ts";
import { ledgerPath } from "../utils/paths.ts";
import { jsonText } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";

/** How long others that have the ledger open are waited for, milliseconds. */
const BUSY_MS = 10_000;

/** Makes the ledger anew. Killed at any moment it leaves the old ledger or the new one. */
export const rebuild: Command = {
  name: "rebuild",
  description:
    "make the ledger anew from what can be read of it and from the assistants' files; the old one is kept beside it",
  options: [{ name: "json", description: "print JSON" }],
  async run(context) {
    checkLogSettings(context);
    const { settings, places, options, print, env } = context;
    const path = ledgerPath(settings, places);
    // Also of a link that leads nowhere, beside which nothing may be made.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      throw new PawprintError(
        "not_found",
        `there is no ledger ${path}`,
        "pawprint scan makes one from the assistants' files",
      );
    }
    // A pipe would be waited for without end.
    ensureOwnFile(path);
    const lock = tryLock(`${path}.rebuild-lock`);
    if (lock === null) throw new PawprintError("busy", "another rebuild is at work", "wait until it has ended");
    try {
      const rebuilt = await rebuildAt(path, context);
      if (options["json"]) print(jsonText(rebuilt, 2));
      else for (const line of told(rebuilt, systemZone(env, zoneFiles).zone)) print(line);
      return 0;
    } catch (error) {
      throw ledgerError(path, error);
    } finally {
      lock.release();
    }
  },
};

/** What a rebuild came to. */
interface Rebuilt {
  /** Observations that were taken over from the old ledger, and those that were not, because they are damaged. */
  readonly kept: number;
  readonly damaged: number;
  /** SQLite could read all of the old ledger. */
  readonly wasWhole: boolean;
  /** Bytes of the assistants' files that were read anew. */
  readonly bytes: number;
  /** Responses that the new ledger holds. */
  readonly responses: number;
  /** Responses that the old ledger counted and the new one does not, and when the first and the last of them were. */
  readonly lost: { readonly responses: number; readonly first: number; readonly last: number };
  /** Where the old ledger is now. */
  readonly old: string;
}

async function rebuildAt(path: string, context: Context): Promise<Rebuilt> {
  const fresh = `${path}.new`;
  // Of a rebuild that was ended; nobody else uses it while the lock is held.
  removeDatabase(fresh);
  unlinkQuietly(unfinishedCopy(path));
  using old = new OldLedger(path, BUSY_MS);
  try {
    const kept = refill(fresh, old, hostname);
    const { bytes, responses, lost } = await fill(fresh, old, context);
    if (sizeOf(`${fresh}-wal`) > 0)
      throw new PawprintError("busy", `another process keeps ${fresh}`, "end it, and try again");
    const aside = freeName(
      `${path}.${new Date(context.clock.now()).toISOString().slice(0, 19).replaceAll(":", "")}.old`,
    );
    old.copyTo(aside);
    old.giveWayTo(fresh);
    return { kept, damaged: old.damaged, wasWhole: old.isWhole, bytes, responses, lost, old: aside };
  } finally {
    removeDatabase(fresh);
  }
}

/** Makes facts and sums of the journal, and reads the assistants' files. */
async function fill(
  path: string,
  old: OldLedger,
  context: Context,
): Promise<Pick<Rebuilt, "bytes" | "responses" | "lost">> {
  using opened = openFor(context, undefined, path);
  const { ledger } = opened;
  ledger.rebuild();
  const { bytes } = await readWatched("usage", opened, context);
  await readWatched("activity", opened, context);
  ledger.checkpoint();
  return { bytes, responses: responsesIn(ledger), lost: lostOf(old, ledger) };
}

function responsesIn({ queries: questions }: Ledger): number {
  const whole = { from: 0, to: FOREVER };
  return questions.usage(whole, [{ ...whole, offsetMs: 0 }]).reduce((sum, row) => sum + row.responses, 0);
}

function lostOf(old: OldLedger, ledger: Ledger): Rebuilt["lost"] {
  const lost = new Set<string>();
  let [first, last] = [Infinity, 0];
  for (const [key, at] of old.responses()) {
    if (ledger.hasResponse(key)) continue;
    lost.add(key);
    [first, last] = [Math.min(first, at), Math.max(last, at)];
  }
  return { responses: lost.size, first: lost.size === 0 ? 0 : first, last };
}

function told({ kept, damaged, wasWhole, bytes, responses, lost, old }: Rebuilt, zone: Zone): string[] {
  return [
    `${count(kept)} observations are kept of the old ledger${damaged === 0 ? "" : `, ${count(damaged)} were damaged and are left out`}`,
    `${bytesText(bytes)} of the assistants' files were read anew`,
    `the new ledger holds ${count(responses)} responses`,
    ...(lost.responses === 0
      ? []
      : [
          `lost: ${count(lost.responses)} responses, from ${dateOf(zone, lost.first)} to ${dateOf(zone, lost.last)}, which nothing else tells of`,
        ]),
    ...(wasWhole
      ? []
      : [
          "parts of the old ledger could not be read: what they held is known only as far as the assistants' files still tell it",
        ]),
    `the old ledger is kept as ${old}: remove it when you do not need it`,
  ];
}

function removeDatabase(path: string): void {
  for (const end of ["", "-wal", "-shm", "-journal"]) unlinkQuietly(path + end);
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** A name that nothing has yet. */
function freeName(path: string): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? path : `${path}-${number}`;
    if (!existsSync(name)) return name;
  }
}
