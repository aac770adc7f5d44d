import { statSync } from "node:fs";
import type { Environment } from "../utils/config.ts";
import { type Recount, Recounter } from "./recount.ts";
import { piecesOf, transcriptRoots, transcriptsIn } from "./transcripts.ts";

/** A recount, and changes to files during it. */
export interface Recounted {
  readonly recount: Recount;
  /** Files that have become shorter since the ledger read them. */
  readonly changed: readonly string[];
  /** Number of files created after the scan. */
  readonly newSince: number;
}

/**
 * Recounts this user's files up to the position that the ledger has read; anything written later is not a difference. A
 * file unknown to the ledger is counted in full, unless it was created after the scan began (epoch milliseconds).
 */
export function recountFiles(
  env: Environment,
  home: string,
  read: ReadonlyMap<string, number>,
  began: number,
): Recounted {
  const recounter = new Recounter();
  const changed: string[] = [];
  let newSince = 0;
  for (const path of transcriptsIn(transcriptRoots(env, home))) {
    const limit = read.get(path);
    if (limit === undefined && isAfter(path, began)) {
      newSince += 1;
      continue;
    }
    const pieces = piecesOf(path, limit);
    if (pieces && recounter.read(path, pieces) < (limit ?? 0)) changed.push(path);
  }
  return { recount: recounter.result(), changed, newSince };
}

function isAfter(path: string, ms: number): boolean {
  try {
    return statSync(path).ctimeMs >= ms;
  } catch {
    return true;
  }
}
