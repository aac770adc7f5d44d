import { z } from "zod";
import { route } from "./contract.ts";
import { page, pageFields, pageOf } from "./shared/parameters.ts";
import { isoTime } from "./shared/times.ts";
import { machinesNamed, membersById } from "./shared/usage.ts";

const findingSchema = z.object({
  machine: z.string(),
  person: z.string(),
  type: z.string(),
  severity: z.string(),
  message: z.string(),
  fix: z.string().nullable(),
  isOpen: z.boolean(),
  firstSeen: z.string(),
  lastAppeared: z.string(),
  lastChanged: z.string(),
  times: z.number(),
});

/** Findings about the installations of all machines. */
export const findings = route({
  name: "findings",
  description: "findings about Claude Code's installation on all machines, the newest event first",
  method: "GET",
  path: "/api/v1/findings",
  scope: "read",
  params: z.strictObject({
    machine: z.string().max(200).optional(),
    open: z.enum(["true", "false"]).optional().describe("only findings that are open, or only those that are not"),
    ...page,
  }),
  answer: z.object({ findings: z.array(findingSchema), ...pageFields }),
  async read({ machine, open, limit, offset }, context) {
    const members = membersById(context);
    const wanted = machine === undefined ? null : new Set(machinesNamed(members, machine).map((one) => one.machine));
    const found = (await context.ledger.queries.findings())
      .filter((row) => wanted === null || wanted.has(row.machine))
      .filter((row) => open === undefined || row.isOpen === (open === "true"));
    const { rows, ...more } = pageOf(found, { limit, offset });
    const shown = rows.map((row) => ({
      machine: members.get(row.machine)?.name ?? row.machine,
      person: members.get(row.machine)?.person ?? "",
      type: row.type,
      severity: row.severity,
      message: row.message,
      fix: row.fix,
      isOpen: row.isOpen,
      firstSeen: isoTime(row.first),
      lastAppeared: isoTime(row.since),
      lastChanged: isoTime(row.last),
      times: row.times,
    }));
    return { body: { findings: shown, ...more } };
  },
});
