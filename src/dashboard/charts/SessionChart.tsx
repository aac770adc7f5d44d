import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { lanesFor } from "./lanes.ts";
import type { SessionDrawing } from "./session-drawing.ts";
import { lastUntil, stepPath } from "./steps.ts";
import { TimeAxis } from "./TimeAxis.tsx";
import { percentOf } from "./time-axis.ts";
import { usePick } from "./usePick.ts";
import { useWidth } from "./useWidth.ts";

/** The width of a mark with its text, pixels. */
const MARK_PX = 52;

/** The coordinates of the drawing, which is stretched to the size of its box; the height is also percent. */
const [WIDTH, HEIGHT] = [1_000, 100];
/** The highest point of the line of cost: its scale is its own, and ends below that of the context. */
const COST_TOP = 0.9;
/** Subagents closer than this part of the time do not share a lane. */
const GAP_PART = 1 / 200;
/** Height of a lane of subagents, pixels. */
const LANE_PX = 20;

/** Context fill, cost so far and subagents of a session on one axis of time; pointer and arrow keys choose a time. */
export function SessionChart({
  drawing,
  costText,
  label,
  textOf,
  children,
}: {
  drawing: SessionDrawing;
  /** What stands at the end of the line of cost. */
  costText: ComponentChildren;
  label: string;
  /** The numbers at a time, by its place in `times`, as one sentence. */
  textOf: (place: number) => string;
  /** The numbers at the chosen time; null for none. */
  children: (place: number | null) => ComponentChildren;
}) {
  const { from, to, times, ticks } = drawing;
  const [box, width] = useWidth<HTMLDivElement>();
  const { at: place, attributes } = usePick({
    count: times.length,
    label,
    placeOf: (x) => (times.length === 0 ? null : lastUntil(times, from + (x / Math.max(width, 1)) * (to - from))),
    textOf,
  });
  // One element for a drawing, so that only the cursor is drawn anew while it moves.
  const still = useMemo(() => <Drawn drawing={drawing} width={width} costText={costText} />, [drawing, width]);
  return (
    <>
      <div class="time-chart">
        <div class="inner" ref={box} {...attributes}>
          {still}
          {place !== null && <i class="cursor" style={{ left: `${percentOf(times[place] ?? from, from, to)}%` }} />}
        </div>
        <TimeAxis ticks={ticks} from={from} to={to} />
      </div>
      <p class="readout soft">{children(place)}</p>
    </>
  );
}

/** The lines, marks and lanes of a session; `width` is theirs in pixels. */
function Drawn({ drawing, width, costText }: { drawing: SessionDrawing; width: number; costText: ComponentChildren }) {
  const { from, to, agents, compactions, fillTicks, fillTop, cost } = drawing;
  const paths = pathsOf(drawing);
  const lanes = lanesFor(agents, (to - from) * GAP_PART);
  const pixels = (at: number): number => (percentOf(at, from, to) / 100) * width;
  const hasRoom = compactions.map(({ at }, index) => pixels(compactions[index + 1]?.at ?? to) - pixels(at) > MARK_PX);
  const left = (at: number): string => `${percentOf(at, from, to)}%`;
  const y = (value: number): number => HEIGHT - (value / fillTop) * HEIGHT;
  return (
    <>
      <div class="area">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {fillTicks.map(({ value }) => (
            <line key={value} class="grid" x1={0} x2={WIDTH} y1={y(value)} y2={y(value)} />
          ))}
          {paths.fill !== "" && <path class="fill" d={paths.area} />}
          <path class="step step-0" d={paths.fill} />
          <path class="step step-1" d={paths.cost} />
        </svg>
        {fillTicks.map(({ value, text }) => (
          <span key={value} class="y" style={{ top: `${y(value)}%` }}>
            {text}
          </span>
        ))}
        {compactions.map(({ at, text }, index) => (
          <span key={index} class="mark" style={{ left: left(at) }} title={text}>
            ▼{hasRoom[index] && <span>{text}</span>}
          </span>
        ))}
        {cost.length > 0 && (
          <span class="end" style={{ top: `${100 - COST_TOP * 100}%` }}>
            {costText}
          </span>
        )}
      </div>
      {agents.length > 0 && (
        <div class="agents" style={{ height: `${(lanes.reduce((a, b) => Math.max(a, b), 0) + 1) * LANE_PX}px` }}>
          {agents.map(({ from: start, to: end, name, title }, index) => (
            <span
              key={index}
              class="work work-2"
              title={title}
              style={{
                left: left(start),
                width: `${percentOf(end, from, to) - percentOf(start, from, to)}%`,
                top: `${(lanes[index] ?? 0) * LANE_PX}px`,
              }}
            >
              <span>{name}</span>
            </span>
          ))}
        </div>
      )}
    </>
  );
}

function pathsOf({ from, to, fill, fillTop, cost }: SessionDrawing) {
  const x = (at: number): number => (percentOf(at, from, to) / 100) * WIDTH;
  const line = stepPath(fill, to, x, (value) => HEIGHT - (value / fillTop) * HEIGHT);
  const most = cost.at(-1)?.value ?? 0;
  const start = fill[0] ? x(fill[0].at) : 0;
  return {
    fill: line,
    area: `${line}V${HEIGHT}H${start}Z`,
    cost: stepPath(cost, to, x, (value) => HEIGHT - (most > 0 ? value / most : 0) * HEIGHT * COST_TOP),
  };
}
