import { systemZone } from "../../model/calendar.ts";
import type { Check } from "./check.ts";
import type { Machine } from "../../install/machine.ts";
import { zoneFiles } from "../../utils/files.ts";
import { clean } from "../../utils/terminal.ts";

/** Whether the time zone of this machine can be read: where it cannot, reports and today's sums are those of UTC. */
export function zoneChecks({ env }: Machine): Check[] {
  const { zone, problem } = systemZone(env, zoneFiles);
  const remedy = "set TZ to a name such as Asia/Tokyo, a POSIX text such as JST-9, or the path of a zone's file";
  if (problem === null) return [{ name: "zone", state: "ok", message: clean(zone, 200), remedy: null }];
  return [{ name: "zone", state: "note", message: `${clean(problem, 300)}: days begin as in UTC`, remedy }];
}
