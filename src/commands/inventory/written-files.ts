import { lstatSync } from "node:fs";
import { type Inventory, inventoryOf } from "../../install/purge.ts";
import { refuseOtherThanLedger } from "../../ledger/sqlite/summary.ts";
import type { Machine } from "../../install/machine.ts";
import { sources } from "../../sources/registry.ts";
import { PawprintError } from "../../utils/errors.ts";

/** Lists what Pawprint wrote on this machine. Throws what inventoryOf throws. */
export const writtenFiles = (machine: Machine): Promise<Inventory> =>
  inventoryOf(machine, { hookFiles: hookFilesOf(machine), ledgerProblem });

/** Paths of the hooks files of other assistants. */
const hookFilesOf = ({ env, places }: Machine): string[] =>
  sources.flatMap(({ hook }) => (hook ? [hook.settings(env, places.home)] : []));

/** Why a file is no ledger, as the end of a sentence; null if it is one, or if there is no regular file. */
function ledgerProblem(path: string): string | null {
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return null;
  try {
    refuseOtherThanLedger(path);
    return null;
  } catch (error) {
    const isForeign = error instanceof PawprintError && error.code === "file_refused";
    return isForeign ? error.message.replace(`${path} `, "") : null;
  }
}
