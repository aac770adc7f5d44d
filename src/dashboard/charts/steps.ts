/** A value that holds from a time (epoch ms) until the next one. */
export interface HeldValue {
  readonly at: number;
  readonly value: number;
}

/** The path of values that hold until the next one, until `end`: SVG path data, positions by the two scales. Empty without values. */
export function stepPath(
  steps: readonly HeldValue[],
  end: number,
  x: (at: number) => number,
  y: (value: number) => number,
): string {
  const number = (value: number): string => String(Math.round(value * 100) / 100);
  const [first] = steps;
  if (!first) return "";
  const parts = steps.slice(1).map(({ at, value }) => `H${number(x(at))}V${number(y(value))}`);
  return `M${number(x(first.at))} ${number(y(first.value))}${parts.join("")}H${number(x(end))}`;
}

/** The place of the last of the times (ascending, epoch ms) that is not after `at`; 0 if all are. */
export function lastUntil(times: readonly number[], at: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return Math.max(low - 1, 0);
}
