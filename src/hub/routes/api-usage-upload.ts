import { z } from "zod";
import { parseCcusage } from "../../import/ccusage.ts";
import { PawprintError } from "../../utils/errors.ts";
import { shortText } from "../uploads/messages.ts";
import { Uploads } from "../uploads/Uploads.ts";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";

/** Days of one request: ten years. */
const MAX_DAYS = 3_660;
/** The assistant whose usage ccusage adds up. */
const SOURCE = "claude-code";

/** Stores sums of days. */
export const apiUsageUpload = route({
  name: "api-usage-upload",
  description:
    "stores sums of Claude Code's days, in the fields of ccusage; reports leave them out on a day that a journal covers",
  method: "POST",
  path: "/api/usage",
  scope: "write",
  params: noParameters,
  body: z.object({ machineId: shortText, data: z.array(z.unknown()).max(MAX_DAYS) }),
  answer: z.object({ success: z.literal(true), machineId: z.string(), days: z.number() }),
  async run({ body: { machineId, data }, identity }, hub) {
    const days = daysOf(data);
    const uploads = new Uploads(hub);
    await uploads.days(
      uploads.member(machineId, identity),
      days.map((day) => ({ ...day, source: SOURCE })),
    );
    return { body: { success: true, machineId, days: new Set(days.map(({ date }) => date)).size } };
  },
});

function daysOf(data: unknown[]): ReturnType<typeof parseCcusage> {
  try {
    return parseCcusage({ daily: data });
  } catch (error) {
    const what = error instanceof z.ZodError ? error.issues[0]?.message : "";
    throw new PawprintError(
      "bad_usage",
      `data is not what ccusage daily --json prints: ${what}`,
      "send its rows as data",
      error,
    );
  }
}
