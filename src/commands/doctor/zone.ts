import { systemZone } from "../../model/calendar.ts";
import { type Check, note, ok, says } from "./check.ts";
import type { Machine } from "../../install/machine.ts";
import { zoneFiles } from "../../utils/files.ts";
import { clean } from "../../utils/terminal.ts";

/** Checks whether the time zone of this machine can be read; if not, reports and today's totals use UTC. */
export function zoneChecks({ env }: Machine): Check[] {
  const { zone, problem } = systemZone(env, zoneFiles);
  const remedy = "set TZ to a name such as Asia/Tokyo, a POSIX string such as JST-9, or the path of a zone file";
  if (problem === null) return [ok("zone", says`${clean(zone, 200)}`)];
  return [note("zone", says`${clean(problem, 300)}: days are counted in UTC`, remedy)];
}
