import { percentOf, type TimeTick } from "./time-axis.ts";

/** The texts below a chart over time. */
export function TimeAxis({ ticks, from, to }: { ticks: readonly TimeTick[]; from: number; to: number }) {
  return (
    <div class="times" aria-hidden="true">
      {ticks.map(({ at, text }) => {
        const left = percentOf(at, from, to);
        return (
          <span key={at} class={left > 97 ? "last" : left < 1 ? "first" : ""} style={{ left: `${left}%` }}>
            {text}
          </span>
        );
      })}
    </div>
  );
}
