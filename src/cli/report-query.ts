import type { Context } from "../commands/contract.ts";
import { systemZone, type SystemZone, zoneOf } from "../model/calendar.ts";
import { isPeriod, periodOptions } from "../model/range.ts";
import { stringOf } from "../reports/shared/query.ts";
import { PawprintError } from "../utils/errors.ts";
import { zoneFiles } from "../utils/files.ts";
import { clean } from "../utils/terminal.ts";

/** A context whose positional period, such as yesterday or 7d, is given as the options of its range. Throws bad_usage. */
export function withPeriod(context: Context): Context {
  const { args, options: given } = context;
  const [period, ...more] = args;
  if (period === undefined) return context;
  if (more.length > 0 || !isPeriod(period)) {
    const what = clean(args.join(" "));
    throw new PawprintError("bad_usage", `not a period: ${what}`, "write it as today, yesterday, 7d or 2026-11-20");
  }
  if ([given["since"], given["until"], given["last"]].some((one) => one !== undefined)) {
    const message = `the period ${clean(period)} cannot be combined with --since, --until or --last`;
    throw new PawprintError("bad_usage", message, "leave out either");
  }
  return { ...context, args: [], options: { ...given, ...periodOptions(period) } };
}

/** The time zone of the options, else of this machine. Throws bad_usage. */
export function zoneFor({ options: given, env }: Context): SystemZone {
  const requested = stringOf(given["timezone"]);
  if (requested === undefined) return systemZone(env, zoneFiles);
  const zone = zoneOf(requested);
  if (zone !== null) return { zone, problem: null };
  throw new PawprintError("bad_usage", `unknown time zone "${clean(requested)}"`, "for example UTC or Asia/Kolkata");
}
