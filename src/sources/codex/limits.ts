import type { LimitObservation } from "../../model/observation.ts";
import { type Fields, fields, isFields, text } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";

/** Family of limits if a version names none. */
const FAMILY = "codex";
const MINUTE = 60_000;

/** Collects the newest reading of each limit in a chunk, because every response repeats them. */
export class CodexLimits {
  readonly #newest = new Map<string, LimitObservation>();

  /**
   * Reads the limits of an event at a time in epoch milliseconds. Windows are identified by their length, because their
   * order depends on the plan.
   */
  read(limits: unknown, at: number): void {
    if (!isFields(limits)) return;
    const name = text(limits["limit_id"], 100) || FAMILY;
    const plan = text(limits["plan_type"], 100);
    for (const window of [fields(limits["primary"]), fields(limits["secondary"])]) {
      const { used_percent: usedPercent, window_minutes: windowMinutes } = window;
      const resetsAt = resetTimeOf(window, at);
      if (!isAmount(usedPercent) || !isAmount(windowMinutes) || resetsAt === null) continue;
      const key = `limit:codex:${name}:${windowMinutes}:${resetsAt}`;
      const known = this.#newest.get(key);
      if (known && (known.at > at || (known.at === at && known.usedPercent > usedPercent))) continue;
      this.#newest.set(key, { at, name, windowMinutes, usedPercent, resetsAt, plan });
    }
  }

  emit(emitter: Emitter): void {
    for (const [key, body] of this.#newest) emitter.emit({ kind: "limit", key, body });
  }
}

/** Larger numbers are neither a percentage nor a window length. */
const isAmount = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= 1e7;

/** Returns when a window resets, in epoch milliseconds. A reset given in seconds from now is rounded to the minute. */
function resetTimeOf(window: Fields, at: number): number | null {
  const { resets_at: moment, resets_in_seconds: left } = window;
  if (typeof moment === "number" && moment > 0 && moment < 1e11) return Math.round(moment * 1_000);
  return isAmount(left) ? Math.round((at + left * 1_000) / MINUTE) * MINUTE : null;
}
