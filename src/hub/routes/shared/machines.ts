import { z } from "zod";
import { levels } from "../../../model/wire.ts";
import { PawprintError } from "../../../utils/errors.ts";
import type { Member, Members } from "../../services.ts";
import { isoTime, nullableTime } from "./times.ts";

/** A machine counts as online for this long after it was last seen, milliseconds: it reports itself once a minute. */
const ONLINE_MS = 150_000;

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

/** Whether a machine is connected, as far as the time says (epoch ms). */
export const isOnline = ({ seen, revoked }: Member, now: number): boolean =>
  revoked === null && seen !== null && now - seen < ONLINE_MS;

/** Rows of all assistants that a machine still has to send, as it last said. */
export const pendingOf = ({ pending }: Member): number => Object.values(pending).reduce((sum, rows) => sum + rows, 0);

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
