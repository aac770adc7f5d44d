import { z } from "zod";
import { type SystemZone, zoneNamed } from "../../../model/calendar.ts";
import { cacheWriteOf } from "../../../model/tokens.ts";
import { Costs } from "../../../pricing/costs.ts";
import { dollars } from "../../../render/format.ts";
import type { Report } from "../../../reports/contract.ts";
import { queryOf } from "../../../reports/shared/query.ts";
import type { ReportQuery } from "../../../reports/shared/report.ts";
import { type ReportPlace, runWithOptions } from "../../../reports/shared/run.ts";
import type { UsageTotals } from "../../../reports/shared/usage/groups.ts";
import { PawprintError } from "../../../utils/errors.ts";
import { clean } from "../../../utils/terminal.ts";
import type { Member } from "../../services.ts";
import { membersIn } from "../../StoredMembers.ts";
import { uploaderId } from "../../uploads/Uploads.ts";
import type { PlaceContext, ReadContext } from "../contract.ts";

/** Parameters that select usage, as their schemas made them. */
export interface Selection {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly last?: string | undefined;
  readonly timezone?: string | undefined;
  readonly machine?: string | undefined;
  readonly person?: string | undefined;
  readonly source?: string | undefined;
  readonly project?: string | undefined;
  readonly branch?: string | undefined;
  readonly model?: string | undefined;
}

/** What a reading route works on. */
export interface SelectedUsage {
  readonly query: ReportQuery;
  readonly place: ReportPlace;
  readonly costs: Costs;
  /** The machines of the hub by id. */
  readonly members: ReadonlyMap<string, Member>;
}

/** The members of the hub by id. */
export const membersById = ({ ledger }: Pick<ReadContext, "ledger">): ReadonlyMap<string, Member> =>
  new Map(membersIn(ledger, "ORDER BY name").map((one) => [one.machine, one]));

/** What a selection selects. Throws bad_usage. */
export async function selectedUsage(given: Selection, context: ReadContext): Promise<SelectedUsage> {
  const { place } = context;
  const { timezone, ...options } = given;
  const query = await queryOf(options, place, zoneAsked(timezone).zone);
  return { query, place, costs: new Costs(place.prices, "auto"), members: membersById(context) };
}

/**
 * The JSON of a report over a selection, as the command prints it; of some machines if these are given, which may share an id of a
 * program. Throws bad_usage.
 */
export async function reportJson(
  report: Report,
  { timezone, ...options }: Selection & { readonly active?: true },
  { place }: PlaceContext,
  machines?: readonly Member[],
): Promise<object> {
  // One name for all of them, because an option selects one name.
  const selected = machines && { ...place, members: machines.map((one) => ({ ...one, name: SELECTED })) };
  const given = machines ? { ...options, machine: SELECTED } : options;
  const result = await runWithOptions(report, given, zoneAsked(timezone), selected ?? place);
  return result.json(result.rows);
}

const SELECTED = "selected";

/**
 * The machines that a program means by the id under which it uploads: the member with that name or id, and what was uploaded under
 * it. Throws not_found.
 */
export function machinesNamed(members: ReadonlyMap<string, Member>, wanted: string): Member[] {
  const found = [...members.values()].filter(
    ({ machine, name }) => machine === wanted || name === wanted || machine === uploaderId(wanted),
  );
  if (found.length > 0) return found;
  throw new PawprintError("not_found", `there is no machine ${clean(wanted, 200)}`, "GET /api/machines lists them");
}

/** The zone of days and hours; UTC if none is asked for. Throws bad_usage. */
export function zoneAsked(timezone = "UTC"): SystemZone {
  const zone = zoneNamed(timezone);
  if (zone !== null) return { zone, problem: null };
  throw new PawprintError("bad_usage", `unknown time zone "${clean(timezone)}"`, "for example UTC or Asia/Kolkata");
}

/** Totals as the API shows them: tokens are counts, costs are dollars, null where nothing has a price. */
export const usageSchema = z.object({
  responses: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  cacheCreationTokens: z.number(),
  cacheReadTokens: z.number(),
  totalTokens: z.number(),
  totalCost: z.number().nullable(),
  unpricedTokens: z.number(),
});

/** Totals as the API shows them. */
export const usageOf = (totals: UsageTotals): z.infer<typeof usageSchema> => ({
  responses: totals.responses,
  inputTokens: totals.input,
  outputTokens: totals.output,
  cacheCreationTokens: cacheWriteOf(totals),
  cacheReadTokens: totals.cacheRead,
  totalTokens: totals.total,
  totalCost: dollars(totals.cost),
  unpricedTokens: totals.unpricedTokens,
});
