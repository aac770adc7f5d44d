import { z } from "zod";
import { FOREVER } from "../../../model/calendar.ts";
import { importedDays } from "../../../reports/shared/usage/imported-days.ts";
import { UsageGroups, UsageTotals } from "../../../reports/shared/usage/groups.ts";
import type { Member } from "../../services.ts";
import type { ReadContext } from "../contract.ts";
import { isOnline } from "../../../reports/shared/members.ts";
import { isoTime, nullableTime } from "./times.ts";
import type { SelectedUsage } from "./usage.ts";

/** A machine, as collectors of usage know it. */
export const clientSchema = z.object({
  clientId: z.string(),
  hostname: z.string(),
  firstConnected: z.string(),
  lastHeartbeat: z.string().nullable(),
  isOnline: z.boolean(),
  status: z.enum(["active", "idle", "offline"]),
  metadata: z.object({ hostname: z.string(), version: z.string(), platform: z.string() }),
});

/** A machine, as collectors of usage know it, at a time (epoch ms). `newest` is the time of its newest usage, if it is known. */
export function clientOf(member: Member, now: number, newest = 0): z.infer<typeof clientSchema> {
  const online = isOnline(member, now);
  return {
    clientId: member.provenance === "upload" ? member.machine.replace(/^upload:/, "") : member.machine,
    hostname: member.name,
    firstConnected: isoTime(member.joined),
    lastHeartbeat: nullableTime(member.seen),
    isOnline: online,
    status: !online ? "offline" : now - newest < ACTIVE_MS ? "active" : "idle",
    metadata: { hostname: member.name, version: member.program, platform: member.platform },
  };
}

/** A machine counts as active for this long after its newest usage, milliseconds. */
const ACTIVE_MS = 900_000;

/** The usage of each machine by id. Days that a machine uploaded count where its own journal does not cover them. */
export async function usageByMachine({
  query,
  place,
  costs,
  members,
}: SelectedUsage): Promise<Map<string, UsageTotals>> {
  const groups = new UsageGroups<string>(costs);
  for (const row of await place.queries.usage(query.filter, query.intervals, ["machine"]))
    groups.addRow(row.machine, row);
  const uploaded = await place.queries.days(query.since ?? "0000-00-00", query.until ?? "9999-99-99");
  for (const machine of new Set(uploaded.map((day) => day.machine)).intersection(new Set(members.keys()))) {
    const own = { ...query, filter: { ...query.filter, machines: [machine] } };
    for (const day of await importedDays(own, place)) groups.addDay(machine, day);
  }
  return new Map([...members.keys()].map((id) => [id, groups.byKey.get(id)?.all ?? new UsageTotals()]));
}

/** A block that a program uploaded. */
export const uploadedBlockSchema = z.looseObject({
  id: z.string(),
  clientId: z.string(),
  startTime: z.string(),
  endTime: z.string(),
  isActive: z.boolean(),
});

/** The newest blocks that programs uploaded, of some machines or all. */
export function uploadedBlocks(
  { ledger, place: { now } }: ReadContext,
  members: ReadonlyMap<string, Member>,
  machines: readonly string[] | null = null,
): z.infer<typeof uploadedBlockSchema>[] {
  return ledger.database
    .query<BlockRow, [number, string | null]>(
      `SELECT machine, id, begins, ends, is_active AS isActive, body FROM upload_block
       WHERE ends < ?1 AND (?2 IS NULL OR machine IN (SELECT value FROM json_each(?2))) ORDER BY begins DESC LIMIT 1000`,
    )
    .all(FOREVER, machines === null ? null : JSON.stringify(machines))
    .flatMap(({ machine, id, begins, ends, isActive, body }) => {
      const member = members.get(machine);
      if (!member) return [];
      return [
        {
          ...(JSON.parse(body) as object),
          id,
          clientId: clientOf(member, now).clientId,
          startTime: isoTime(begins),
          endTime: isoTime(ends),
          isActive: isActive === 1 && ends > now,
        },
      ];
    });
}

interface BlockRow {
  readonly machine: string;
  readonly id: string;
  readonly begins: number;
  readonly ends: number;
  readonly isActive: number;
  readonly body: string;
}
