import type { LimitObservation } from "../../model/observation.ts";
import { type Fields, fields, isFields, text } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";

/** The family that versions mean which name none. */
const FAMILY = "codex";
const MINUTE = 60_000;

/** The newest of what a chunk says of each limit: every response says it anew. */
export class Limits {
  readonly #newest = new Map<string, LimitObservation>();

  /** Takes the limits of an event of a time. Windows are told apart by their length: which of them comes first varies by plan. */
  read(limits: unknown, at: number): void {
    if (!isFields(limits)) return;
    const name = text(limits["limit_id"], 100) || FAMILY;
    const plan = text(limits["plan_type"], 100);
    for (const window of [fields(limits["primary"]), fields(limits["secondary"])]) {
      const { used_percent: usedPercent, window_minutes: windowMinutes } = window;
      const resetsAt = resetOf(window, at);
      if (!isAmount(usedPercent) || !isAmount(windowMinutes) || resetsAt === null) continue;
      const key = `limit:codex:${name}:${windowMinutes}:${resetsAt}`;
      const known = this.#newest.get(key);
      if (known && (known.at > at || (known.at === at && known.usedPercent > usedPercent))) continue;
      this.#newest.set(key, { at, name, windowMinutes, usedPercent, resetsAt, plan });
    }
  }

  tell(findings: Emitter): void {
    for (const [key, body] of this.#newest) findings.observed({ kind: "limit", key, body });
  }
}

/** More is no percentage, and no length of a window. */
const isAmount = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= 1e7;

/** When a window ends; told as the seconds until then it is known to the minute. */
function resetOf(window: Fields, at: number): number | null {
  const { resets_at: moment, resets_in_seconds: left } = window;
  if (typeof moment === "number" && moment > 0 && moment < 1e11) return Math.round(moment * 1_000);
  return isAmount(left) ? Math.round((at + left * 1_000) / MINUTE) * MINUTE : null;
}
