import { systemZone } from "../../model/calendar.ts";
import type { Clock } from "../../utils/clock.ts";
import type { Environment, Settings } from "../../utils/config.ts";
import { zoneFiles } from "../../utils/files.ts";
import { ledgerPath, type Places, withHome } from "../../utils/paths.ts";
import { UsageAccounting } from "./UsageAccounting.ts";

/** Time limits for reading transcripts before and after a record, milliseconds; shorter if records are written more often. */
const TIMEOUT_MS = { before: 3_000, after: 2_000 };

/** Creates the usage accounting of this machine for the logger. */
export function openAccounting(machine: {
  readonly env: Environment;
  readonly places: Places;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly entryFile: string;
}): UsageAccounting {
  const { env, places, settings, clock, entryFile } = machine;
  const maximum = settings.usageInterval / 2;
  return new UsageAccounting({
    ledger: ledgerPath(settings, places),
    home: places.home,
    pets: places.pets,
    env: withHome(env, places),
    clock,
    entryFile,
    zone: systemZone(env, zoneFiles).zone,
    timeoutMs: { before: Math.min(TIMEOUT_MS.before, maximum), after: Math.min(TIMEOUT_MS.after, maximum) },
  });
}
