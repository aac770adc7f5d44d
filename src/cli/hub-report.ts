import { existsSync } from "node:fs";
import type { Context } from "../commands/contract.ts";
import { hubPlace } from "../hub/reader/place.ts";
import { Ledger } from "../ledger/sqlite/Ledger.ts";
import { checkSettings } from "../install/machine.ts";
import type { SystemZone } from "../model/calendar.ts";
import { priceTable } from "../pricing/price-table.ts";
import type { Report } from "../reports/contract.ts";
import { dataOf, type Drawing, resultOf } from "../reports/shared/data/data.ts";
import { ALL_MACHINES } from "../reports/shared/hub/selection.ts";
import { needsHub } from "../reports/shared/options.ts";
import { MIN_COLUMNS, type ReportResult, withMore } from "../reports/shared/report.ts";
import { runWithOptions, zoneNotes } from "../reports/shared/run.ts";
import type { HubAddress } from "../sync/hub-address.ts";
import { hubUrlOf } from "../sync/hub-url.ts";
import { readLogin } from "../sync/login-file.ts";
import { PawprintError } from "../utils/errors.ts";
import { hubPath } from "../utils/paths.ts";
import { askReport, READ_TOKEN } from "./ask-report.ts";

/** Where the hub's ledger is: a file on this machine, or behind an address. */
export type HubPlace = { readonly store: string } | HubAddress;

/**
 * The result of a report over the hub, or null if --machine names this machine alone, whose own ledger answers that. Throws
 * bad_usage if no hub is known, bad_setting, and what askReport throws.
 */
export async function hubResult(report: Report, context: Context, zone: SystemZone): Promise<ReportResult | null> {
  const { options, settings, places, terminal } = context;
  if (!report.isAboutHub && isThisMachine(context)) return null;
  const place = placeOfHub(context);
  const isDrawn = !options["json"] && !options["csv"];
  const drawing: Drawing | null = isDrawn
    ? { width: Math.max(terminal.columns, MIN_COLUMNS), glyphs: settings.glyphs }
    : null;
  if ("url" in place)
    return withMore(resultOf(await askReport(place, report, options, zone.zone, drawing)), { notes: zoneNotes(zone) });
  using ledger = new Ledger(place.store, () => "", { profile: "hub", isReadOnly: true });
  const hub = hubPlace(ledger, await priceTable(places.pets), context.clock.now());
  return resultOf(dataOf(report.name, await runWithOptions(report, options, zone, hub), drawing));
}

/** Whether the options name this machine and nothing else of a hub. */
function isThisMachine({ options, settings, places }: Context): boolean {
  const { hub, machine, person, by } = options;
  if (hub || person !== undefined || needsHub(by) || typeof machine !== "string" || machine === ALL_MACHINES)
    return false;
  const named = readLogin(places)?.name ?? settings.machine ?? process.getBuiltinModule("node:os").hostname();
  return machine === named;
}

/** The hub that PET_HUB_URL names, else that of this machine's own hub.db, else that of the login. Throws bad_usage and bad_setting. */
export function placeOfHub(context: Context): HubPlace {
  checkSettings(context, "hub");
  const { settings, places } = context;
  const store = hubPath(settings, places);
  if (settings.hubUrl === null && existsSync(store)) return { store };
  const login = readLogin(places);
  const url = settings.hubUrl === null ? login?.url : hubUrlOf(settings.hubUrl);
  if (url === undefined) {
    const hint = "pawprint login joins one, and pawprint serve or pawprint pull makes this machine one";
    throw new PawprintError("bad_usage", "this machine has no hub", hint);
  }
  const isLogin = login?.url === url;
  // The token of one hub is never sent to another.
  const token = settings.hubToken ?? (isLogin ? (login.readToken ?? login.token) : null);
  if (token === null) throw new PawprintError("unauthorized", `there is no token for ${url}`, READ_TOKEN);
  return { url, token, pin: isLogin ? login.pin : null };
}
