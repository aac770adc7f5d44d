import type { Zone } from "../model/calendar.ts";
import type { Report } from "../reports/contract.ts";
import type { Drawing, ReportData } from "../reports/shared/data/data.ts";
import { reportDataSchema } from "../reports/shared/data/schema.ts";
import type { ReportOptions } from "../reports/shared/options.ts";
import { askHub, type HubAddress, trustOf } from "../sync/hub-address.ts";
import { PawprintError } from "../utils/errors.ts";

/** The longest answer that is read, bytes. */
const MAX_BYTES = 64 * 1_048_576;
/** Options that say how this machine prints, which the hub does not need. */
const LOCAL = new Set(["hub", "json", "csv", "color", "no-color", "timezone"]);

/** Asks a hub for a report. Throws what askHub throws, and answer_unusable if it sends something else. */
export async function askReport(
  hub: HubAddress,
  { name }: Pick<Report, "name">,
  options: ReportOptions,
  zone: Zone,
  drawing: Drawing | null,
): Promise<ReportData> {
  const params = new URLSearchParams({ timezone: zone });
  for (const [option, value] of Object.entries(options))
    if (value !== undefined && !LOCAL.has(option)) params.set(option, String(value));
  if (drawing) for (const [option, value] of Object.entries(drawing)) params.set(option, String(value));
  const path = `/api/v1/reports/${name}?${params.toString()}`;
  try {
    const content = await askHub(hub, path, await trustOf(hub), undefined, MAX_BYTES);
    // Days are those of the zone that was asked for.
    return { ...dataIn(content, hub.url), timezone: zone };
  } catch (error) {
    if (!(error instanceof PawprintError) || error.code !== "forbidden") throw error;
    throw new PawprintError("forbidden", error.message, READ_TOKEN, error);
  }
}

function dataIn(content: Uint8Array, url: string): ReportData {
  try {
    return reportDataSchema.parse(JSON.parse(Buffer.from(content).toString()));
  } catch (error) {
    const hint = "the hub and this machine should have the same version of pawprint: pawprint upgrade";
    throw new PawprintError("answer_unusable", `the hub ${url} sent something that is no report`, hint, error);
  }
}

/** What to do without a token that may read. */
export const READ_TOKEN =
  "log in again with an invitation of this machine that may read (pawprint invite NAME --read, on the hub), or set PET_HUB_TOKEN to a key of pawprint token create NAME --scope read";
