import { z } from "zod";
import { levels } from "../../../model/wire.ts";
import { isOnline, pendingOf } from "../../../reports/shared/members.ts";
import { PawprintError } from "../../../utils/errors.ts";
import type { Member, Members } from "../../services.ts";
import { isoTime, nullableTime } from "./times.ts";

/** A machine as the API shows it. */
export const machineSchema = z.object({
  machine: z.string(),
  name: z.string(),
  person: z.string(),
  provenance: z.string(),
  isOnline: z.boolean(),
  joined: z.string(),
  seen: z.string().nullable(),
  revoked: z.string().nullable(),
  program: z.string(),
  platform: z.string(),
  level: z.enum(levels),
  clockSkewMs: z.number(),
  pending: z.number(),
  pendingBySource: z.record(z.string(), z.number()),
  late: z.number(),
  refused: z.number(),
});

/** A machine as the API shows it, at a time (epoch ms). */
export const machineOf = (member: Member, now: number): z.infer<typeof machineSchema> => ({
  machine: member.machine,
  name: member.name,
  person: member.person,
  provenance: member.provenance,
  isOnline: isOnline(member, now),
  joined: isoTime(member.joined),
  seen: nullableTime(member.seen),
  revoked: nullableTime(member.revoked),
  program: member.program,
  platform: member.platform,
  level: member.level,
  clockSkewMs: member.skew,
  pending: pendingOf(member),
  pendingBySource: { ...member.pending },
  late: member.late,
  refused: member.refused,
});

/** The machine with a name or an id. Throws not_found. */
export function knownMachine(members: Pick<Members, "find">, nameOrId: string): Member {
  const member = members.find(nameOrId);
  if (member) return member;
  throw new PawprintError(
    "not_found",
    `there is no machine ${nameOrId.slice(0, 200)}`,
    "GET /api/v1/machines lists them",
  );
}
