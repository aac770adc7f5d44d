import { FIVE_HOURS_MS } from "../../../model/quota.ts";

const HOUR_MS = 3_600_000;

/** A window reported by the provider. Epoch milliseconds, `to` exclusive. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Usage that lies entirely within one block. Epoch milliseconds, `to` exclusive. */
export interface Slot {
  /** Not later than its first response, and in the same window and hour. */
  readonly from: number;
  readonly to: number;
}

/** Usage of up to five hours that is counted together. Epoch milliseconds, `to` exclusive. */
export interface Block<S extends Slot> extends Window {
  /** Whether the provider reported it; else it begins at the hour of the first response after the previous block. */
  readonly isMeasured: boolean;
  readonly slots: readonly S[];
}

/** The elapsed and remaining time of an open block. */
export interface BlockProgress {
  /** Minutes from the first to the last response. */
  readonly minutes: number;
  /** Whole minutes left. */
  readonly left: number;
}

/**
 * The blocks of usage, from slots ordered by time: the known windows, and estimated blocks elsewhere. An estimated block
 * begins at the UTC hour of its first response, lasts five hours, and ends where a known window begins.
 */
export function blocksOf<S extends Slot>(slots: readonly S[], windows: readonly Window[]): Block<S>[] {
  const blocks: (Block<S> & { slots: S[] })[] = [];
  for (const slot of slots) {
    const last = blocks.at(-1);
    if (last && slot.from < last.to) last.slots.push(slot);
    else {
      const known = windows.find(({ from, to }) => from <= slot.from && slot.from < to);
      const bounds = known ?? estimatedBounds(slot.from, last?.to ?? 0, windows);
      blocks.push({ ...bounds, isMeasured: known !== undefined, slots: [slot] });
    }
  }
  return blocks;
}

function estimatedBounds(at: number, previous: number, windows: readonly Window[]): Window {
  const before = windows.findLast(({ to }) => to <= at)?.to ?? 0;
  const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
  const next = windows.find(({ from }) => from > at)?.from ?? Infinity;
  return { from: Math.max(hour, previous, before), to: Math.min(hour + FIVE_HOURS_MS, next) };
}

/** The progress of a block that is open at `now` (epoch ms); null when it is over or all its responses have one time. */
export function progressOf(first: number, last: number, { to }: Window, now: number): BlockProgress | null {
  const minutes = (last - first) / 60_000;
  return now < to && minutes > 0 ? { minutes, left: Math.max(Math.round((to - now) / 60_000), 0) } : null;
}
