import { currentLimits, familyOf, keyOf, lengthName } from "../../../ledger/limits.ts";
import type { LimitRow } from "../../../ledger/rows.ts";
import { hasFallen, sameWindow } from "../../../model/quota.ts";
import { type Assistant, titleOf } from "../assistants.ts";
import type { Point } from "./forecast.ts";
import { type Limit, limitOf, type SeenWindow } from "./windows.ts";

const MINUTE_MS = 60_000;
/** A limit of an assistant whose files tell it, as it stands now. */
export interface AssistantLimit extends Limit {
  readonly source: string;
  /** Family of limits as the provider names it; empty for the assistant's own. */
  readonly family: string;
  readonly windowMinutes: number;
  /** Empty where it was not told. */
  readonly plan: string;
}

/** The limits of the assistants as they stand at a time; `sightings` are all of the windows that are open, oldest first. */
export function assistantLimitsAt(
  rows: readonly LimitRow[],
  sightings: readonly LimitRow[],
  assistants: readonly Assistant[],
  now: number,
): AssistantLimit[] {
  return currentLimits(rows, now).map((row) => {
    const { source, windowMinutes, resetsAt, plan } = row;
    const family = familyOf(row);
    const of = `${titleOf(assistants, source)} ${lengthName(windowMinutes)}`;
    const window = { key: keyOf(row), lengthMs: windowMinutes * MINUTE_MS, resetsAt, ...pointsOf(row, sightings) };
    return { ...limitOf(window, family ? `${of}, ${family}` : of, now), source, family, windowMinutes, plan };
  });
}

/** The points of one window since it last fell, and the one before. */
function pointsOf(row: LimitRow, sightings: readonly LimitRow[]): Pick<SeenWindow, "points" | "before"> {
  const quotaOf = (one: LimitRow) => ({ key: keyOf(one), percent: one.usedPercent, resetsAt: one.resetsAt });
  const all = [...sightings.filter((one) => sameWindow(quotaOf(one), quotaOf(row)) && one.at < row.at), row].map(
    ({ at, usedPercent: percent }): Point => ({ at, percent }),
  );
  const fall = all.findLastIndex(({ percent }, index) => hasFallen(all[index - 1]?.percent ?? 0, percent));
  return { points: all.slice(Math.max(fall, 0)), before: all[fall - 1] };
}
