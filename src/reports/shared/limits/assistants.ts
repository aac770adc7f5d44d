import { currentLimits, familyOf, keyOf, lengthName } from "../../../ledger/limits.ts";
import type { LimitRow } from "../../../ledger/rows.ts";
import { hasDropped, sameWindow } from "../../../model/quota.ts";
import { type Assistant, titleOf } from "../assistants.ts";
import type { Point } from "./forecast.ts";
import { type LimitState, limitOf, type ObservedWindow } from "./windows.ts";

const MINUTE_MS = 60_000;

/** The current state of a limit from the files of an assistant. */
export interface AssistantLimit extends LimitState {
  readonly source: string;
  /** The provider's name of a family of limits; empty for the assistant's own limits. */
  readonly family: string;
  readonly windowMinutes: number;
  /** Empty where it is not reported. */
  readonly plan: string;
}

/** The limits of the assistants at a time (epoch ms). `readings` are all readings of the open windows, oldest first. */
export function assistantLimitsAt(
  rows: readonly LimitRow[],
  readings: readonly LimitRow[],
  assistants: readonly Assistant[],
  now: number,
): AssistantLimit[] {
  return currentLimits(rows, now).map((row) => {
    const { source, windowMinutes, resetsAt, plan } = row;
    const family = familyOf(row);
    const name = `${titleOf(assistants, source)} ${lengthName(windowMinutes)}`;
    const window = { key: keyOf(row), lengthMs: windowMinutes * MINUTE_MS, resetsAt, ...pointsOf(row, readings) };
    return { ...limitOf(window, family ? `${name}, ${family}` : name, now), source, family, windowMinutes, plan };
  });
}

/** The points of one window since its percentage last fell, and the point before. */
function pointsOf(row: LimitRow, readings: readonly LimitRow[]): Pick<ObservedWindow, "points" | "before"> {
  const quotaOf = (one: LimitRow) => ({ key: keyOf(one), percent: one.usedPercent, resetsAt: one.resetsAt });
  const all = [...readings.filter((one) => sameWindow(quotaOf(one), quotaOf(row)) && one.at < row.at), row].map(
    ({ at, usedPercent: percent }): Point => ({ at, percent }),
  );
  const fall = all.findLastIndex(({ percent }, index) => hasDropped(all[index - 1]?.percent ?? 0, percent));
  return { points: all.slice(Math.max(fall, 0)), before: all[fall - 1] };
}
