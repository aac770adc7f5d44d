import { isoOrNull } from "../../../render/format.ts";
import type { Forecast } from "./forecast.ts";
import type { LimitState } from "./windows.ts";

/** The state of a limit at its reset in JSON: it is full before (wall), or stands at some percent. Times are ISO 8601 UTC. */
export type ForecastJson =
  | {
      readonly kind: "wall";
      readonly fullAt: string | null;
      readonly earliest: string | null;
      readonly latest: string | null;
      readonly rates: number;
    }
  | {
      readonly kind: "stands";
      readonly percentAtReset: number;
      readonly low: number;
      readonly high: number;
      /** When it is full at the fastest rate; null if it is not. */
      readonly earliest: string | null;
      readonly rates: number;
    };

/** A limit in JSON, whoever read it. Times are ISO 8601 UTC. */
export interface LimitJson {
  /** "5 hours", "week". */
  readonly window: string;
  readonly windowMinutes: number | null;
  /** Null if its reset has passed since it was read. */
  readonly usedPercent: number | null;
  readonly lastSeenPercent: number | null;
  readonly resetsAt: string | null;
  readonly resetsInMs: number | null;
  readonly seenAt: string;
  readonly ageMs: number;
  /** The part of the window that is over: what an even pace would have used. */
  readonly evenPercent: number | null;
  readonly pacePercentAtReset: number | null;
  readonly forecast: ForecastJson | null;
  readonly plan: string | null;
}

/** The JSON of the report limits. Over a hub, a limit has its account and what each machine used of it. */
export interface LimitsJson {
  readonly limits: readonly (LimitJson & {
    readonly source: string;
    /** Of a hub: how the account is shown; else the same as window. */
    readonly name: string;
    /** The machine that read it, and what each used within the open window: of a hub. */
    readonly readBy?: string;
    readonly machines?: readonly { readonly machine: string; readonly tokens: number; readonly share: number | null }[];
  })[];
}

/** The state of a limit in JSON at a time (epoch ms). */
export function limitJson(state: LimitState, plan: string, now: number): LimitJson {
  const { name, lengthMs, percent, resetsAt, observedAt, isOver, pace, forecast } = state;
  const isOpen = resetsAt !== null && lengthMs !== null && !isOver;
  return {
    window: name,
    windowMinutes: lengthMs === null ? null : lengthMs / 60_000,
    usedPercent: isOver ? null : percent,
    lastSeenPercent: percent,
    resetsAt: isoOrNull(resetsAt),
    resetsInMs: resetsAt === null ? null : Math.max(resetsAt - now, 0),
    seenAt: new Date(observedAt).toISOString(),
    ageMs: now - observedAt,
    evenPercent: isOpen ? Math.min(Math.max(100 - ((resetsAt - now) / lengthMs) * 100, 0), 100) : null,
    pacePercentAtReset: pace?.percentAtReset ?? null,
    forecast: forecast && forecastJson(forecast),
    plan: plan || null,
  };
}

function forecastJson(forecast: Forecast): ForecastJson {
  if (forecast.kind === "wall") {
    const { kind, at, early, late, rates } = forecast;
    return { kind, fullAt: isoOrNull(at), earliest: isoOrNull(early), latest: isoOrNull(late), rates };
  }
  const { kind, percent, low, high, early, rates } = forecast;
  return { kind, percentAtReset: percent, low, high, earliest: isoOrNull(early), rates };
}
