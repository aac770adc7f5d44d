import { systemZone } from "../../model/calendar.ts";
import { type Check, note, ok } from "../../setup/check.ts";
import type { Machine } from "../../setup/machine.ts";
import { zoneFiles } from "../../utils/files.ts";
import { clean } from "../../utils/terminal.ts";

/** Whether the time zone of this machine can be read: where it cannot, reports and today's sums are those of UTC. */
export function zoneChecks({ env }: Machine): Check[] {
  const { zone, problem } = systemZone(env, zoneFiles);
  const remedy = "set TZ to a name such as Asia/Tokyo, a POSIX text such as JST-9, or the path of a zone's file";
  if (problem === null) return [ok("zone", clean(zone, 200))];
  return [note("zone", `${clean(problem, 300)}: days begin as in UTC`, remedy)];
}
