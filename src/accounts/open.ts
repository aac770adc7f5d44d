import { systemZone } from "../model/calendar.ts";
import type { Clock } from "../utils/clock.ts";
import type { Environment, Settings } from "../utils/config.ts";
import { zoneFiles } from "../utils/files.ts";
import { ledgerPath, type Places, withHome } from "../utils/paths.ts";
import { Accountant } from "./Accountant.ts";

/** Milliseconds that reading transcripts may take before a record and after it; less where records are made more often. */
const PATIENCE_MS = { before: 3_000, after: 2_000 };

/** The accountant of this machine, as the logger needs it. */
export function openAccountant(machine: {
  readonly env: Environment;
  readonly places: Places;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly door: string;
}): Accountant {
  const { env, places, settings, clock, door } = machine;
  const most = settings.usageInterval / 2;
  return new Accountant({
    ledger: ledgerPath(settings, places),
    home: places.home,
    pets: places.pets,
    env: withHome(env, places),
    clock,
    door,
    zone: systemZone(env, zoneFiles).zone,
    patience: { before: Math.min(PATIENCE_MS.before, most), after: Math.min(PATIENCE_MS.after, most) },
  });
}
