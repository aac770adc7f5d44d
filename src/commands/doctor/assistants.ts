import { lstatSync } from "node:fs";
import { hostname } from "node:os";
import { titleOf } from "../../asking/assistants.ts";
import { Ledger } from "../../ledger/Ledger.ts";
import type { SkipReason } from "../../model/observation.ts";
import { isNewerVersion } from "../../model/version.ts";
import { broken, type Check, note, ok } from "../../setup/check.ts";
import type { Machine } from "../../setup/machine.ts";
import { sources } from "../../sources/all.ts";
import { count } from "../../tables/format.ts";
import { PawprintError } from "../../utils/errors.ts";
import { ledgerPath } from "../../utils/paths.ts";
import { clean } from "../../utils/terminal.ts";

/** How long another writer of the ledger is waited for, milliseconds. */
const BUSY_MS = 500;
/** What tells that an assistant keeps its files otherwise than it did. */
const FOREIGN: Partial<Record<SkipReason, string>> = {
  unknown_format: "written in a way that this version does not know",
  bad_database: "a database that cannot be read, or not all of it",
  abandoned: "a database whose reading took too long or too much memory",
};

/** Looks at what the ledger knows of the assistants: versions that are too new, and files that could not be read. Makes no ledger. */
export function assistantChecks({ settings, places, problems }: Machine): Check[] {
  const path = ledgerPath(settings, places);
  if (problems.some(({ group }) => group === "logging") || !isThere(path)) return [];
  try {
    using ledger = new Ledger(path, hostname, BUSY_MS);
    return [...versionChecks(ledger.questions.versions()), ...formatChecks(ledger)];
  } catch (error) {
    if (error instanceof PawprintError) {
      return [broken("ledger", error.message, error.hint)];
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
        `${title} ${version} is newer than ${tested}, the newest whose files were tested`,
        "compare pawprint sources with its own numbers",
      ),
    );
  }
  const list = known.map(({ title, version }) => `${title} ${version}`).join(", ");
  const message = `no newer than those whose files were tested: ${list}`;
  return known.length === 0 ? [] : [ok("assistants", message)];
}

const formatChecks = ({ questions }: Ledger): Check[] =>
  questions.skipped().flatMap(({ source, reason, files }): Check[] => {
    const why = FOREIGN[reason];
    if (why === undefined) return [];
    const what = `${titleOf(sources, source)}: not all of ${count(files)} ${files === 1 ? "file" : "files"} is counted`;
    const remedy = "pawprint scan --explain lists them; a newer pawprint may read them";
    return [note("assistants", `${what}: ${why}`, remedy)];
  });
