import { z } from "zod";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";
import { isoTime, nullableTime } from "./shared/times.ts";
import { membersById } from "./shared/usage.ts";

/** Windows whose last reading is older are not listed: a week, and a day for a machine that was off. */
const MAX_AGE_MS = 8 * 86_400_000;

const limitSchema = z.object({
  source: z.string(),
  /** The hash of the account; "" if nobody named it. */
  account: z.string(),
  name: z.string(),
  windowMinutes: z.number().nullable(),
  usedPercent: z.number().nullable(),
  resetsAt: z.string().nullable(),
  isOpen: z.boolean(),
  readAt: z.string(),
  ageSeconds: z.number(),
  /** The machine that read it last. */
  machine: z.string().nullable(),
  plan: z.string(),
});

/** The limits of all accounts. */
export const limits = route({
  name: "limits",
  description:
    "the newest reading of each account's limits, by whichever machine; limits of one account are never added up",
  method: "GET",
  path: "/api/v1/limits",
  scope: "read",
  params: noParameters,
  answer: z.object({ limits: z.array(limitSchema) }),
  async read(_, context) {
    const {
      ledger,
      place: { now },
    } = context;
    const members = membersById(context);
    const common = (at: number, resetsAt: number | null) => ({
      resetsAt: nullableTime(resetsAt),
      isOpen: resetsAt === null || resetsAt > now,
      readAt: isoTime(at),
      ageSeconds: Math.max(Math.round((now - at) / 1_000), 0),
    });
    const ofAccounts = (await ledger.queries.accountLimits(now - MAX_AGE_MS)).map((row) => ({
      source: "claude-code",
      account: row.account,
      name: row.name,
      windowMinutes: null,
      usedPercent: row.usedPercent,
      ...common(row.at, row.resetsAt),
      machine: members.get(row.machine)?.name ?? row.machine,
      plan: row.plan,
    }));
    const ofFiles = (await ledger.queries.limits(now - MAX_AGE_MS)).map((row) => ({
      source: row.source,
      account: "",
      name: row.name,
      windowMinutes: row.windowMinutes,
      usedPercent: row.usedPercent,
      ...common(row.at, row.resetsAt),
      machine: null,
      plan: row.plan,
    }));
    return { body: { limits: [...ofAccounts, ...ofFiles] } };
  },
});
