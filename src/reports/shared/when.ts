import { dateOf, weekday, type Zone } from "../../model/calendar.ts";
import { stampOf } from "../../render/format.ts";
import { duration } from "../../utils/terminal.ts";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const NEAR_MS = 6 * 86_400_000;

/** Local time of day of an instant (epoch ms): 14:10. */
export const clockOf = (zone: Zone, ms: number): string => stampOf(zone, ms).slice("YYYY-MM-DD ".length);

/** Three-letter name of a weekday, Sunday = 0. */
export const dayName = (day: number): string => DAYS[day] ?? "";

/** An instant (epoch ms) relative to `now`: 14:10 today, Thu 14:10 within six days, else the whole date. */
export function whenOf(zone: Zone, ms: number, now: number): string {
  const date = dateOf(zone, ms);
  if (date === dateOf(zone, now)) return clockOf(zone, ms);
  return Math.abs(ms - now) < NEAR_MS ? `${dayName(weekday(date))} ${clockOf(zone, ms)}` : stampOf(zone, ms);
}

/** The age of an instant (epoch ms): 3m ago; "now" below a second. */
export const agoOf = (ms: number, now: number): string => (now - ms < 1_000 ? "now" : `${duration(now - ms)} ago`);
