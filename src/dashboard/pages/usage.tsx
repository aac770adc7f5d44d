import { hrefOf, params } from "../client/location.ts";
import { about } from "../client/about.ts";
import { type PageReport, useReport } from "../client/reports.ts";
import { Card, type CardWidth } from "../parts/Card.tsx";
import { ReportTable } from "../parts/ReportTable.tsx";
import { Loading, Notes, ReportView } from "../parts/ReportView.tsx";
import type { DashboardPage } from "./contract.ts";
import { Controls } from "./usage/Controls.tsx";
import { OverTime } from "./usage/OverTime.tsx";
import { Parts } from "./usage/Parts.tsx";
import { rangeText, SERIES } from "./usage/period.ts";
import { needsAbout, type UsageState, usageState } from "./usage/state.ts";
import { Calendar, HourOfWeek, useCalendar, useHours } from "./usage/When.tsx";
import { Worth } from "./usage/Worth.tsx";

/** Rows of a table that are shown at first, and the most that are asked for. */
const [FEW, MOST] = [8, 200];

const TOOL_COLUMNS = ["Tool", "Assistant", "Uses", "Failed", "Failure rate", "Median", "95% within"];
const GIT_COLUMNS = ["Operation", "Count", "Failed", "Last"];

function Content() {
  // The ledger of one machine has no machines and persons: what an address may name is known once the server has said what it is.
  if (about.value === null && needsAbout()) return <Loading />;
  return <Usage />;
}

function Usage() {
  const state = usageState();
  const { period, range, before, by, show } = state;
  const { report } = SERIES[period];
  // Asked in this order and answered one after the other: those that read single responses and tools come last.
  const split = useReport(report, { by, ...range });
  const whole = useReport(report, { since: before.since, until: range.until });
  const change = useReport("compare", { by, sort: show === "tokens" ? "tokens" : null, ...range });
  const year = useCalendar(state);
  const hours = useHours(state);
  const files = useReport("files", { limit: MOST, ...range });
  const git = useReport("git", { ...range });
  const tools = useReport("tools", { ...range });
  const cache = useReport("cache", { ...range });
  if (split.data?.isEmpty === true)
    return (
      <>
        <Controls state={state} series={split} />
        <Nothing state={state} series={split} year={year} />
        {year.data?.isEmpty === false && <Calendar state={state} report={year} />}
      </>
    );
  // One day has no week of hours.
  const hasWeek = period !== "day";
  return (
    <>
      <Controls state={state} series={split} />
      <OverTime state={state} split={split} whole={whole} change={change} />
      <Worth change={change} cache={cache} tools={tools} series={split} />
      {hasWeek && <HourOfWeek state={state} report={hours} />}
      <Parts state={state} change={change} width={hasWeek ? 5 : 12} />
      <Calendar state={state} report={year} />
      <TableCard title="Tools" report={tools} width={7} columns={TOOL_COLUMNS} />
      <TableCard title="Git" report={git} width={5} columns={GIT_COLUMNS} />
      <TableCard title="Files" report={files} width={12} />
    </>
  );
}

/** What is shown of a range without usage: that, and where there is some. */
function Nothing({
  state: { period, range, today },
  series,
  year,
}: {
  state: UsageState;
  series: PageReport;
  year: PageReport;
}) {
  return (
    <Card title={rangeText(period, range, today)}>
      <p>{series.data?.empty}</p>
      <p class="soft">
        {year.data?.isEmpty === false ? (
          "The calendar has the days with usage; a day opens its hours."
        ) : range.until >= today ? (
          "Usage appears here as soon as one of your assistants has answered and its files are read."
        ) : (
          <a href={hrefOf("/usage", { ...params(), date: null })}>Go to this {period}</a>
        )}
      </p>
      {series.data && series.data.notes.length > 0 && <Notes notes={series.data.notes} />}
    </Card>
  );
}

/** A report as a table; `columns` are those that fit. */
const TableCard = ({
  title,
  report,
  width,
  columns,
}: {
  title: string;
  report: PageReport;
  width: CardWidth;
  columns?: readonly string[];
}) => (
  <Card title={title} width={width}>
    <ReportView report={report}>
      {() => <ReportTable report={report} caption={title} rows={FEW} {...(columns && { columns })} />}
    </ReportView>
  </Card>
);

/** Usage. */
export const usage: DashboardPage = { name: "usage", title: "Usage", path: "/usage", key: "u", Content };
