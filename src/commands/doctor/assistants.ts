import { lstatSync } from "node:fs";
import { hostname } from "node:os";
import { Ledger } from "../../ledger/sqlite/Ledger.ts";
import type { SkippedRow } from "../../ledger/rows.ts";
import type { SkipReason } from "../../model/observation.ts";
import { isNewerVersion } from "../../model/version.ts";
import { broken, type Check, errorText, joined, note, ok, ours, says, versionText } from "./check.ts";
import type { Machine } from "../../install/machine.ts";
import { sources } from "../../sources/registry.ts";
import { count } from "../../render/format.ts";
import { PawprintError } from "../../utils/errors.ts";
import { ledgerPath } from "../../utils/paths.ts";
import { clean } from "../../utils/terminal.ts";

/** How long to wait for another writer of the ledger, milliseconds. */
const BUSY_MS = 500;
/** Reasons that suggest an assistant has changed its file format. */
const UNREADABLE_FORMATS: Partial<Record<SkipReason, string>> = {
  unknown_format: "written in a format that this version does not know",
  bad_database: "a database that cannot be read completely",
  abandoned: "a database that took too long or too much memory to read",
};

/** Checks the assistants in the ledger for untested new versions and files that could not be read. Does not create a ledger. */
export async function assistantChecks({ settings, places, problems }: Machine): Promise<Check[]> {
  const path = ledgerPath(settings, places);
  if (problems.some(({ group }) => group === "logging") || !isThere(path)) return [];
  try {
    using ledger = new Ledger(path, hostname, { busyMs: BUSY_MS });
    return [...versionChecks(await ledger.queries.versions()), ...formatChecks(await ledger.queries.skipped())];
  } catch (error) {
    if (error instanceof PawprintError) {
      return [broken("ledger", errorText(error), error.hint)];
    }
    throw error;
  }
}

/** Whether anything stands at a path, be it a link to nothing. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function versionChecks(versions: ReadonlyMap<string, string>): Check[] {
  const known = sources.flatMap(({ name, title, tested }) => {
    const version = versions.get(name);
    return version === undefined || tested === null ? [] : [{ title, version: clean(version, 60), tested }];
  });
  const newer = known.filter(({ version, tested }) => isNewerVersion(version, tested));
  if (newer.length > 0) {
    return newer.map(({ title, version, tested }) =>
      note(
        "assistants",
        says`${ours(title)} ${versionText(version)} is newer than ${ours(tested)}, the newest version tested`,
        "compare its own numbers with those of: pawprint sources",
      ),
    );
  }
  const list = known.map(({ title, version }) => says`${ours(title)} ${versionText(version)}`);
  const message = says`no version is newer than the newest tested: ${joined(list)}`;
  return known.length === 0 ? [] : [ok("assistants", message)];
}

const formatChecks = (skipped: readonly SkippedRow[]): Check[] =>
  skipped.flatMap(({ source, reason, files }): Check[] => {
    const why = UNREADABLE_FORMATS[reason];
    if (why === undefined) return [];
    const known = sources.find(({ name }) => name === source);
    const counted = ours(`${count(files)} ${files === 1 ? "file is" : "files are"} not counted completely: ${why}`);
    const remedy = "to list them, run: pawprint scan --explain; a newer pawprint may be able to read them";
    return [note("assistants", says`${known ? ours(known.title) : source}: ${counted}`, remedy)];
  });
