import { compactCount } from "../../render/format.ts";
import { scaleTo } from "./scale.ts";
import { usePick } from "./usePick.ts";
import { useWidth } from "./useWidth.ts";

/** Values over time, and the colour of their area (--c0 to --c7). */
export interface AreaSeries {
  readonly colour: number;
  readonly values: readonly number[];
}

const [HEIGHT, TOP, BOTTOM, LEFT, RIGHT] = [216, 8, 22, 44, 20] as const;
/** Least distance between two labels of the time axis, CSS pixels. */
const LABEL = 64;
/** Minutes that labels of the time axis may be apart. */
const STEPS = [5, 10, 15, 30] as const;

/** Areas on top of each other, the first at the bottom, over minutes (epoch ms); a sentence below says the numbers of the one that is picked. */
export function StackedAreas(props: {
  readonly label: string;
  readonly times: readonly number[];
  readonly series: readonly AreaSeries[];
  readonly timeText: (ms: number) => string;
  readonly textOf: (at: number) => string;
}) {
  const { label, times, series, timeText, textOf } = props;
  const [box, width] = useWidth<HTMLDivElement>();
  const step = Math.max(width - LEFT - RIGHT, 1) / Math.max(times.length - 1, 1);
  const x = (at: number): number => LEFT + at * step;
  const sums = stacked(series);
  const y = scaleTo(Math.max(1, ...(sums.at(-1) ?? [])), HEIGHT - BOTTOM, TOP);
  const line = (values: readonly number[]): string[] =>
    values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  const apart = STEPS.find((minutes) => minutes * step >= LABEL) ?? 60;
  const { at: picked, attributes } = usePick({
    count: times.length,
    label,
    textOf,
    placeOf(place) {
      const at = Math.round((place - LEFT) / step);
      return at >= 0 && at < times.length ? at : null;
    },
  });
  return (
    <>
      <div ref={box} class="chart areas" {...attributes}>
        <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
          {y.ticks.map((tick) => (
            <g key={tick}>
              <line class="grid" x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
              <text x={LEFT - 6} y={y(tick) + 4} text-anchor="end">
                {compactCount(tick)}
              </text>
            </g>
          ))}
          {series.map(({ colour }, at) => {
            const [top, below] = [line(sums[at] ?? []), line(sums[at - 1] ?? times.map(() => 0))];
            return (
              <g key={colour} class={`area fill-${colour}`}>
                <polygon points={[...top, ...below.toReversed()].join(" ")} />
                <polyline points={top.join(" ")} />
              </g>
            );
          })}
          {times.map((ms, at) =>
            (ms / 60_000) % apart === 0 ? (
              <text key={ms} x={x(at)} y={HEIGHT - 5} text-anchor="middle">
                {timeText(ms)}
              </text>
            ) : null,
          )}
          {picked !== null && <line class="picked" x1={x(picked)} x2={x(picked)} y1={TOP} y2={HEIGHT - BOTTOM} />}
        </svg>
      </div>
      <p class="soft said">{picked !== null && textOf(picked)}</p>
    </>
  );
}

/** The values of each series on top of those before it. */
function stacked(series: readonly AreaSeries[]): readonly (readonly number[])[] {
  const sums: number[][] = [];
  for (const { values } of series) {
    const below = sums.at(-1);
    sums.push(values.map((value, at) => value + (below?.[at] ?? 0)));
  }
  return sums;
}
