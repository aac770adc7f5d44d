import type { ComponentChildren } from "preact";
import { scaleTo } from "./scale.ts";
import { type Bar, drawnPieces } from "./stacks.ts";
import { usePick } from "./usePick.ts";
import { useWidth } from "./useWidth.ts";

const [TOP, BOTTOM, LEFT, RIGHT] = [22, 24, 52, 6];
/** Heights of a chart as wide as a phone, and of others, CSS pixels. */
const [LOW, HIGH, PHONE] = [220, 330, 480];
/** Width of a character of the chart's texts, CSS pixels. */
const CHARACTER = 6.6;

/** Stacked bars over time, a dashed line of other values, and a tip that says the numbers of the bar that is pointed at or chosen by arrow keys. */
export function StackedBars(props: {
  readonly label: string;
  readonly bars: readonly Bar[];
  /** Values of the dashed line, one for each bar from the first on; null where there is none. */
  readonly line?: readonly (number | null)[];
  readonly tickText: (value: number) => string;
  readonly textOf: (at: number) => string;
  readonly tipOf: (at: number) => ComponentChildren;
  readonly open?: (at: number) => void;
  /** CSS pixels; by default as high as suits the width. */
  readonly height?: number;
}) {
  const { label, bars, line = [], tickText, textOf, tipOf, open } = props;
  const [box, width] = useWidth<HTMLDivElement>();
  const height = props.height ?? (width < PHONE ? LOW : HIGH);
  const slot = Math.max(width - LEFT - RIGHT, 0) / Math.max(bars.length, 1);
  const { at, attributes } = usePick({
    count: bars.length,
    label,
    textOf,
    ...(open && { open }),
    placeOf(x) {
      const found = Math.floor((x - LEFT) / slot);
      return found >= 0 && found < bars.length ? found : null;
    },
  });
  const y = scaleTo(
    Math.max(
      ...bars.map(({ total, pieces }) => Math.max(total ?? 0, pieces.at(-1)?.to ?? 0)),
      ...line.map((one) => one ?? 0),
    ),
    height - BOTTOM,
    TOP,
  );
  const middle = (index: number): number => LEFT + slot * (index + 0.5);
  const thick = Math.min(Math.max(slot * 0.6, 2), 56);
  const fits = (texts: readonly string[]): boolean => Math.max(...texts.map((text) => text.length)) * CHARACTER < slot;
  const hasNumbers = fits(bars.map(({ text }) => text));
  const every = Math.max(Math.ceil(((Math.max(...bars.map((bar) => bar.label.length)) + 1) * CHARACTER) / slot), 1);
  const isRight = at !== null && at >= bars.length / 2;
  return (
    <div ref={box} class="chart bars" style={{ minHeight: height }} {...attributes}>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {y.ticks.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
            <text x={LEFT - 6} y={y(tick) + 4} text-anchor="end">
              {tickText(tick)}
            </text>
          </g>
        ))}
        {at !== null && (
          <rect class="picked" x={LEFT + slot * at} y={TOP} width={slot} height={height - BOTTOM - TOP} />
        )}
        {bars.map(({ pieces, isOpen }, index) => (
          <g key={index} class={isOpen ? "open" : undefined}>
            {drawnPieces(pieces).map(({ colour, from, to }) => (
              <rect
                key={colour}
                class={`fill-${colour}`}
                x={middle(index) - thick / 2}
                y={y(to)}
                width={thick}
                height={Math.max(y(from) - y(to), 0)}
              />
            ))}
          </g>
        ))}
        <path class="before" d={pathOf(line, middle, y)} />
        {bars.map((bar, index) => (
          <g key={index}>
            {hasNumbers && bar.total !== null && (
              <text class="number" x={middle(index)} y={y(bar.total) - 6} text-anchor="middle" {...bar.mark}>
                {bar.text}
              </text>
            )}
            {index % every === 0 && (
              <text x={middle(index)} y={height - 6} text-anchor="middle">
                {bar.label}
              </text>
            )}
          </g>
        ))}
      </svg>
      {at !== null && (
        <div
          class="tip"
          style={
            isRight ? { right: `${width - middle(at) + slot / 2 + 6}px` } : { left: `${middle(at) + slot / 2 + 6}px` }
          }
        >
          {tipOf(at)}
        </div>
      )}
    </div>
  );
}

/** A line through the values, which begins anew after one that is missing. */
function pathOf(
  values: readonly (number | null)[],
  x: (index: number) => number,
  y: (value: number) => number,
): string {
  let path = "";
  let isDown = false;
  for (const [index, value] of values.entries()) {
    if (value !== null) path += `${isDown ? "L" : "M"}${x(index).toFixed(1)},${y(value).toFixed(1)}`;
    isDown = value !== null;
  }
  return path;
}
