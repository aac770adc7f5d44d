import { param, setParams } from "../../client/location.ts";
import type { PageReport } from "../../client/reports.ts";
import { Segments } from "../../parts/Segments.tsx";
import { saveCsv } from "../../parts/saveCsv.ts";
import { PERIODS, periodRange, rangeText, stepped } from "./period.ts";
import { dateParam, groupings, MEASURES, type UsageState } from "./state.ts";

/** What is shown: the period and its place, the grouping, the measure; as charts or tables; and the numbers as CSV. */
export function Controls({ state, series }: { state: UsageState; series: PageReport }) {
  const { period, range, by, today } = state;
  const go = (date: string): void => setParams({ date: dateParam(period, date, today) });
  const isNow = range.until >= today;
  const isTable = param("table") !== null;
  return (
    <div class="controls">
      <Segments name="period" label="Period" choices={PERIODS} fallback="week" />
      <div class="segments steps" role="group" aria-label="Range">
        <button type="button" aria-label={`The ${period} before`} onClick={() => go(stepped(period, range, -1).since)}>
          ◀
        </button>
        <button type="button" title={`Go to this ${period}`} disabled={isNow} onClick={() => go(today)}>
          {rangeText(period, range, today)}
        </button>
        <button
          type="button"
          aria-label={`The ${period} after`}
          disabled={isNow}
          onClick={() => go(stepped(period, range, 1).since)}
        >
          ▶
        </button>
      </div>
      <span class="together">
        by <Segments name="by" label="Split by" choices={groupings()} fallback="model" />
      </span>
      <Segments name="show" label="Measure" choices={MEASURES} fallback="cost" />
      <span class="push" />
      <button type="button" aria-pressed={isTable} onClick={() => setParams({ table: isTable ? null : "1" })}>
        Table
      </button>
      <button
        type="button"
        disabled={!series.data || series.data.isEmpty}
        title={`The text of pawprint ${series.question.split("?")[0]} --by ${by} --csv`}
        onClick={() => saveCsv(series, `${periodRange(period, range.since).since}-${by}`)}
      >
        CSV
      </button>
    </div>
  );
}
