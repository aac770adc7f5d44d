import { FIVE_HOURS_MS } from "../../../model/quota.ts";

const HOUR_MS = 3_600_000;

/** A window that the provider told. Epoch milliseconds, `to` exclusive. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Some usage that lies in one block whole. Epoch milliseconds; the exact times may cost something to look up. */
export interface Slot {
  /** Not after its first response, and in the same window and hour. */
  readonly from: number;
  readonly first: number;
  readonly last: number;
}

/** Five hours that are counted together. Epoch milliseconds, `to` exclusive. */
export interface Block<S extends Slot> extends Window {
  /** The provider told it; else it begins with the hour of the first response after the last block. */
  readonly isMeasured: boolean;
  readonly slots: readonly S[];
}

/** What lies in a block that still goes on comes to, if it goes on like that. */
export interface Burn {
  /** Minutes from the first to the last response. */
  readonly minutes: number;
  /** Whole minutes that are left. */
  readonly left: number;
}

/**
 * The blocks of all usage, whose slots come by time: the windows that are known, and elsewhere what the provider would
 * do if it were asked then. An estimated block begins at its first response's hour, UTC, lasts five hours, and ends
 * where a known window begins.
 */
export function blocksOf<S extends Slot>(slots: readonly S[], windows: readonly Window[]): Block<S>[] {
  const blocks: (Block<S> & { slots: S[] })[] = [];
  for (const slot of slots) {
    const last = blocks.at(-1);
    if (last && slot.from < last.to) last.slots.push(slot);
    else {
      const known = windows.find(({ from, to }) => from <= slot.from && slot.from < to);
      const bounds = known ?? estimated(slot.from, last?.to ?? 0, windows);
      blocks.push({ ...bounds, isMeasured: known !== undefined, slots: [slot] });
    }
  }
  return blocks;
}

function estimated(at: number, previous: number, windows: readonly Window[]): Window {
  const before = windows.findLast(({ to }) => to <= at)?.to ?? 0;
  const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
  const next = windows.find(({ from }) => from > at)?.from ?? Infinity;
  return { from: Math.max(hour, previous, before), to: Math.min(hour + FIVE_HOURS_MS, next) };
}

/** How fast a block goes that is open at `now` (epoch ms); null when it is over or has but one moment. */
export function burnOf(first: number, last: number, { to }: Window, now: number): Burn | null {
  const minutes = (last - first) / 60_000;
  return now < to && minutes > 0 ? { minutes, left: Math.max(Math.round((to - now) / 60_000), 0) } : null;
}
