import { addDays, monthOf, weekOf } from "../../../model/calendar.ts";
import { HeatGrid } from "../../charts/HeatGrid.tsx";
import { setParams } from "../../client/location.ts";
import { type PageReport, useReport } from "../../client/reports.ts";
import { fieldOf } from "../../field.ts";
import { Card } from "../../parts/Card.tsx";
import { Figure } from "../../parts/Figure.tsx";
import { ReportTable } from "../../parts/ReportTable.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { choiceOf, Segments } from "../../parts/Segments.tsx";
import { jsonText } from "../../parts/Value.tsx";
import { dayText } from "../../text.ts";
import { type DateRange, dayTitle } from "./period.ts";
import { dateParam, measures, type UsageState } from "./state.ts";

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const WEEKS = 53;
const MONDAY = 1;
const KINDS = { cost: "money", tokens: "tokens", prompts: "integer" } as const;
const CHOICES = [
  ["cost", "cost"],
  ["tokens", "tokens"],
  ["prompts", "prompts"],
] as const;

const hourText = (hour: number): string => `${String(hour % 24).padStart(2, "0")}:00`;

/** What is shown by hour of the week: what the page shows, if nothing else is chosen. */
const shownByHour = ({ show }: UsageState): keyof typeof KINDS => choiceOf("when", CHOICES, show);

/** The report of the hours of the week. */
export const useHours = (state: UsageState): PageReport =>
  useReport("heatmap", { of: shownByHour(state), ...state.range });

/** Cost, tokens or prompts by hour of the week. */
export function HourOfWeek({ state, report }: { state: UsageState; report: PageReport }) {
  const of = shownByHour(state);
  const kind = KINDS[of];
  return (
    <Card
      title="When"
      width={7}
      about={<Segments name="when" label="What is shown by hour" choices={CHOICES} fallback={state.show} />}
    >
      <ReportView report={report} notes={false}>
        {({ json, notes }) => {
          const days = (fieldOf(json, "days") as readonly string[] | undefined) ?? [];
          const values = (fieldOf(json, of) as readonly (readonly (number | null)[])[] | undefined) ?? [];
          return (
            <Figure
              isInteractive
              label={`${of} by hour of the week`}
              table={<ReportTable report={report} caption={`${of} by hour of the week`} />}
            >
              <HeatGrid
                label={`${of} by hour of the week`}
                rows={days}
                columns={HOURS.map((hour) => (hour % 6 === 0 ? hourText(hour) : ""))}
                values={values.map((row) => row.map((value) => value ?? 0))}
                height={24}
                textOf={(day, hour) =>
                  `${days[day]} ${hourText(hour)} to ${hourText(hour + 1)}: ${jsonText(kind, values[day]?.[hour] ?? null, true)}${of === "cost" ? "" : ` ${of}`}`
                }
              >
                {notes[0] ?? ""}
              </HeatGrid>
            </Figure>
          );
        }}
      </ReportView>
    </Card>
  );
}

/** The days of the calendar: whole weeks up to the end of the range, or to today. */
function calendarDays({ range, today }: UsageState): DateRange {
  const until = range.until < today ? range.until : today;
  return { since: addDays(weekOf(until, MONDAY), -7 * (WEEKS - 1)), until };
}

/** The report of the calendar. */
export const useCalendar = (state: UsageState): PageReport => useReport("daily", { ...calendarDays(state) });

/** Each day of the year up to the end of the range; a day opens its hours. */
export function Calendar({ state, report }: { state: UsageState; report: PageReport }) {
  const { show, today } = state;
  const { since: first, until: last } = calendarDays(state);
  const { field, kind, title } = measures[show];
  const weeks = Array.from({ length: WEEKS }, (_, week) => addDays(first, week * 7));
  const dateAt = (day: number, week: number): string => addDays(weeks[week] ?? first, day);
  const label = `${title} by day from ${dayTitle(first)} to ${dayTitle(last)}`;
  return (
    <Card title="Calendar" about={`${show} by day, ${dayText(first, MONTH)} to ${dayText(last, MONTH)}`}>
      <ReportView report={report} notes={false}>
        {({ json }) => {
          const rows = (fieldOf(json, "daily") as readonly Readonly<Record<string, unknown>>[] | undefined) ?? [];
          const byDate = new Map(rows.map((row) => [String(row["date"]), row[field]]));
          const numberOn = (date: string): number | null => {
            const value = byDate.get(date);
            return typeof value === "number" ? value : null;
          };
          return (
            <Figure isInteractive label={label} table={<ReportTable report={report} caption={label} />}>
              <HeatGrid
                label={label}
                rows={["Mon", "", "Wed", "", "Fri", "", "Sun"]}
                columns={weeks.map((week, at) => {
                  const isNew = at > 0 && monthOf(week) !== monthOf(weeks[at - 1] ?? week);
                  return isNew ? dayText(week, { month: "short" }) : "";
                })}
                values={Array.from({ length: 7 }, (_, day) =>
                  weeks.map((_week, week) => (dateAt(day, week) > last ? null : (numberOn(dateAt(day, week)) ?? 0))),
                )}
                height={21}
                isSquare
                textOf={(day, week) => {
                  const date = dateAt(day, week);
                  const text = byDate.has(date)
                    ? jsonText(kind, numberOn(date), true)
                    : date > last
                      ? "not yet"
                      : "nothing";
                  return `${dayTitle(date)}: ${text}${byDate.has(date) && show === "tokens" ? " tokens" : ""}`;
                }}
                open={(day, week) => {
                  const date = dateAt(day, week);
                  if (date <= last) setParams({ period: "day", date: dateParam("day", date, today) });
                }}
              >
                A day opens its hours.
              </HeatGrid>
            </Figure>
          );
        }}
      </ReportView>
    </Card>
  );
}

const MONTH = { month: "short", year: "numeric" } as const;
