import { version } from "../../../package.json";
import { type InstallRecord, readInstallRecord } from "../../install/installation.ts";
import type { Machine } from "../../install/machine.ts";
import { bunCommand, startCommandOf, installWords, originOf } from "../../install/origin.ts";
import { PawprintError } from "../../utils/errors.ts";
import { broken, type Check, errorText, note, ours, says, type Sentence, versionText } from "./check.ts";

/** Checks that install.json can be read, and that the copy that shows the line is not older than this one. */
export function installedCopyChecks(machine: Machine): Check[] {
  const { places } = machine;
  try {
    const record = readInstallRecord(places);
    const older = record && olderThanThis(record);
    if (!older) return [];
    const message = says`the line is shown by ${older}, and this is Pawprint ${ours(version)}`;
    const install = `${startCommandOf(originOf(places), bunCommand(machine))} ${installWords(record)}`;
    return [note("version", message, `run: ${install}`)];
  } catch (error) {
    if (error instanceof PawprintError) return [broken("install.json", errorText(error), error.hint)];
    throw error;
  }
}

/** The copy that a record is of if it shows a line and is older than this program; otherwise null. */
function olderThanThis({ lines, installed_from }: InstallRecord): Sentence | null {
  if (Object.keys(lines).length === 0) return null;
  if (installed_from === null) return ours("an older Pawprint");
  return Bun.semver.order(installed_from.version, version) < 0
    ? says`Pawprint ${versionText(installed_from.version)}`
    : null;
}
