import { Fragment } from "preact";
import { setParams, timezone } from "../../client/location.ts";
import type { PageReport } from "../../client/reports.ts";
import { StackedBars } from "../../charts/StackedBars.tsx";
import { LAST_COLOUR, type RowsByPart, type StackPiece, stacksOf } from "../../charts/stacks.ts";
import { fieldOf } from "../../field.ts";
import { Card } from "../../parts/Card.tsx";
import { Change } from "../../parts/Change.tsx";
import { Figure, Legend } from "../../parts/Figure.tsx";
import { ReportTable } from "../../parts/ReportTable.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { jsonText, Value } from "../../parts/Value.tsx";
import { SERIES, type BarSlot, slotsOf } from "./period.ts";
import { dateParam, measures, type UsageState } from "./state.ts";

/** Parts of a bar that its tip names. */
const TIP_PARTS = 8;

type Row = Readonly<Record<string, unknown>>;

/** The reports of the bars: split by part, and whole, those of the period before included. */
interface OverTimeReports {
  readonly split: PageReport;
  readonly whole: PageReport;
  readonly change: PageReport;
}

/** Usage by hour, day or month, stacked by part; the period before as a dashed line. */
export function OverTime({ state, split, whole, change }: OverTimeReports & { state: UsageState }) {
  const { period, by, show } = state;
  const { title } = measures[show];
  return (
    <Card title={title} width={9} about={<Sentence state={state} change={change} />}>
      <ReportView report={split}>
        {({ json }) => (
          <Figure
            isInteractive
            label={`${title} by ${SERIES[period].of} and ${by}`}
            table={<ReportTable report={split} caption={`${title} by ${SERIES[period].of} and ${by}`} />}
          >
            <Bars state={state} rows={rowsOf(json, by)} split={split} whole={whole} change={change} />
          </Figure>
        )}
      </ReportView>
    </Card>
  );
}

/** $214.60, 12.3% less than the week before; dashed: that week. */
function Sentence({ state: { period, show }, change }: { state: UsageState; change: PageReport }) {
  const { kind, change: field } = measures[show];
  if (!change.data) return null;
  const isOver = fieldOf(change.data.json, "range.isOver") === true;
  const isKnown = typeof fieldOf(change.data.json, `totals.${field}`) === "number";
  return (
    <>
      <Value report={change} field={`totals.${show}`} kind={kind} short />
      {show === "tokens" && " tokens"}
      {isKnown ? (
        <>
          , <Change report={change} field={`totals.${field}`} words /> {`than the ${period} before`}
          {isOver ? "" : " up to the same time"}; dashed: that {period}
        </>
      ) : (
        `; nothing is known of the ${period} before${isOver ? "" : " up to the same time"}`
      )}
    </>
  );
}

/** The lists of the parts in JSON. */
const LISTS = {
  model: "models",
  machine: "machines",
  project: "projects",
  person: "persons",
  branch: "branches",
  assistant: "assistants",
} as const;

const rowsOf = (json: unknown, by: keyof typeof LISTS): RowsByPart =>
  (fieldOf(json, LISTS[by]) as RowsByPart | undefined) ?? {};

function Bars({ state, rows, split, whole, change }: OverTimeReports & { state: UsageState; rows: RowsByPart }) {
  const { period, range, before, show, today } = state;
  const zone = timezone.value;
  const { report, field: slotField } = SERIES[period];
  const { field, kind } = measures[show];
  const slots = slotsOf(period, range, zone);
  const slotsBefore = slotsOf(period, before, zone);
  const { parts, stacks } = stacksOf(rows, slots, { slotField, field });
  const list = (fieldOf(whole.data?.json, report) as readonly Row[] | undefined) ?? [];
  const places = new Map(list.map((row, at) => [String(row[slotField]), at]));
  const wholeOf = (slot: BarSlot | undefined): WholeBar => {
    const place = slot === undefined ? undefined : places.get(slot.key);
    const row = place === undefined ? undefined : list[place];
    const value = row?.[field];
    return {
      title: slot?.title ?? "",
      value: typeof value === "number" ? value : null,
      field: `${report}.${place}.${field}`,
      isOpen: row?.["isOver"] === false,
    };
  };
  const recordedFrom = fieldOf(change.data?.json, "before.recordedFrom");
  // Without usage is zero only where the ledger had begun.
  const isRecorded = ({ key }: BarSlot): boolean =>
    recordedFrom === null || (typeof recordedFrom === "string" && key >= recordedFrom.slice(0, key.length));
  const short = (value: number): string => jsonText(kind, value, true);
  return (
    <>
      <StackedBars
        label={`${measures[show].title} by ${SERIES[period].of}`}
        bars={slots.map((slot, at) => {
          const { value, field: place, isOpen } = wholeOf(slot);
          return {
            label: slot.label,
            pieces: stacks[at] ?? [],
            total: value,
            text: value === null ? "" : short(value),
            mark: { "data-report": whole.question, "data-field": place, "data-value": String(value) },
            isOpen,
          };
        })}
        line={slots.map((_, at) => {
          const slot = slotsBefore[at];
          const isUsed = slot !== undefined && places.has(slot.key);
          return isUsed ? wholeOf(slot).value : slot !== undefined && isRecorded(slot) ? 0 : null;
        })}
        tickText={(value) => short(value).replace(/\.0+(?=\D|$)/, "")}
        textOf={(at) => {
          const { value, title } = wholeOf(slots[at]);
          const named = largest(stacks[at] ?? []).map((piece) => `${piece.part.name} ${short(piece.value)}`);
          return `${title}: ${value === null ? "nothing" : [short(value), ...named].join(", ")}`;
        }}
        tipOf={(at) => (
          <Tip
            bar={wholeOf(slots[at])}
            before={wholeOf(slotsBefore[at])}
            pieces={stacks[at] ?? []}
            split={split}
            whole={whole}
            state={state}
          />
        )}
        open={(at) => {
          const opens = slots[at]?.opens;
          if (opens && opens.date <= today)
            setParams({ period: opens.period, date: dateParam(opens.period, opens.date, today) });
        }}
      />
      <Legend colours={legendOf(parts.map(({ name }) => name)).map((name, at) => [at, name])} />
    </>
  );
}

/** A whole bar: its number, null where there is none, and where that is in the report. */
interface WholeBar {
  readonly title: string;
  readonly value: number | null;
  readonly field: string;
  readonly isOpen: boolean;
}

/** The numbers of one bar: its total, its largest parts, and the same bar of the period before. */
function Tip({
  bar,
  before,
  pieces,
  split,
  whole,
  state: { by, show },
}: Pick<OverTimeReports, "split" | "whole"> & {
  bar: WholeBar;
  before: WholeBar;
  pieces: readonly StackPiece[];
  state: UsageState;
}) {
  const { kind, field } = measures[show];
  const shown = largest(pieces);
  return (
    <>
      <b>{bar.title}</b>
      {bar.isOpen && <span class="soft">, so far</span>}
      <dl>
        <dt>{bar.value === null ? "nothing" : "all"}</dt>
        <dd>{bar.value !== null && <Value report={whole} field={bar.field} kind={kind} short />}</dd>
        {shown.map(({ part, row }) => (
          <Fragment key={part.key}>
            <dt>
              <i class={`fill-${part.colour}`} />
              {part.name}
            </dt>
            <dd>
              <Value report={split} field={`${LISTS[by]}.${part.key}.${row}.${field}`} kind={kind} short />
            </dd>
          </Fragment>
        ))}
        {pieces.length > shown.length && <dt class="soft whole">and {pieces.length - shown.length} more</dt>}
        {before.value !== null && (
          <>
            <dt class="soft">{before.title}</dt>
            <dd class="soft">
              <Value report={whole} field={before.field} kind={kind} short />
            </dd>
          </>
        )}
      </dl>
    </>
  );
}

const largest = (pieces: readonly StackPiece[]): readonly StackPiece[] =>
  pieces.toSorted((a, b) => b.value - a.value).slice(0, TIP_PARTS);

/** The names of the colours: those of small parts share the last one. */
const legendOf = (names: readonly string[]): readonly string[] =>
  names.length <= LAST_COLOUR + 1 ? names : [...names.slice(0, LAST_COLOUR), `${names.length - LAST_COLOUR} others`];
