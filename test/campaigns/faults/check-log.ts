import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { recordKinds } from "../../../src/model/record.ts";
import type { Tally } from "./campaign.ts";
import type { Harness } from "./harness.ts";

/** Checks every log of a harness: no duplicate records, complete lines, files with mode 0600. */
export function checkLogs(tally: Tally, name: string, harness: Harness): void {
  for (const kind of recordKinds) {
    const ids = harness.ids(kind);
    tally.equal(`${name}: duplicate ${kind} records`, ids.length - new Set(ids).size, 0);
    tally.equal(`${name}: incomplete ${kind} lines`, ids.filter((id) => id === "torn").length, 0);
    const path = join(harness.logs, `${kind}.jsonl`);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) continue;
    tally.equal(`${name}: mode of ${kind}`, stat.mode & 0o777, 0o600);
    const text = readFileSync(path, "utf8");
    tally.check(`${name}: ${kind} ends with a complete line`, text === "" || text.endsWith("\n"), text.slice(-100));
  }
}
