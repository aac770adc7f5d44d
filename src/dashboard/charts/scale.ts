/** A linear scale from values to positions. */
export interface Scale {
  (value: number): number;
  /** Round values in the range, for lines and labels. */
  readonly ticks: readonly number[];
  /** The largest tick. */
  readonly top: number;
}

/** A scale from 0 to at least `max`, whose ticks are 1, 2 or 5 times a power of ten apart. */
export function scaleTo(max: number, from: number, to: number, most = 4): Scale {
  const rough = (max > 0 ? max : 1) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10);
  const count = Math.max(Math.ceil(max / step), 1);
  const ticks = Array.from({ length: count + 1 }, (_, at) => at * step);
  const top = count * step;
  return Object.assign((value: number) => from + (value / top) * (to - from), { ticks, top });
}
