import { addDays } from "../../../model/calendar.ts";
import type { DiagnosticsJson } from "../../../reports/shared/findings.ts";
import { StackedBars } from "../../charts/StackedBars.tsx";
import { timezone } from "../../client/location.ts";
import type { PageReport } from "../../client/reports.ts";
import { Card } from "../../parts/Card.tsx";
import { Figure } from "../../parts/Figure.tsx";
import { ListTable } from "../../parts/ListTable.tsx";
import { Meter } from "../../parts/Meter.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { Value } from "../../parts/Value.tsx";
import { dayAndTime, dayText } from "../../text.ts";
import { plainBar } from "./bars.ts";

/** Findings that are open, the trend of how many were, and the permission health of each machine with a log. */
export function Findings({ report }: { report: PageReport<DiagnosticsJson> }) {
  return (
    <>
      <Card title="Findings" width={8} about="about Claude Code's installation, from the logs">
        <ReportView report={report}>
          {({ json }) => (
            <>
              <Open report={report} json={json} />
              <Trend report={report} json={json} />
            </>
          )}
        </ReportView>
      </Card>
      <Card title="Permission health" width={4} about="100 is best">
        <ReportView report={report} notes={false} empty="Not known without findings or a log.">
          {({ json }) => <Health report={report} json={json} />}
        </ReportView>
      </Card>
    </>
  );
}

/** A report with findings. */
interface Shown {
  readonly report: PageReport<DiagnosticsJson>;
  readonly json: DiagnosticsJson;
}

function Open({ report, json: { findings, open } }: Shown) {
  if (open === 0) return <p class="good">Nothing is open.</p>;
  return (
    <ul class="findings">
      {findings.map(({ state, severity, message, type, machine, firstSeen, fix }, at) =>
        state === "open" ? (
          <li key={at}>
            <span class={`tag ${severity === "error" ? "bad" : severity === "warning" ? "warn" : ""}`}>{severity}</span>
            <span class="what">
              {machine !== undefined && (
                <>
                  <span class="clip" title={machine}>
                    {machine}:
                  </span>{" "}
                </>
              )}
              {message ?? type.replaceAll("_", " ")}
              {fix !== null && fix !== "" && <code class="soft">{fix}</code>}
            </span>
            <span class="soft" title={firstSeen === null ? "" : dayAndTime(timezone.value, Date.parse(firstSeen))}>
              open for <Value report={report} field={`findings.${at}.openMs`} kind="duration" />
            </span>
          </li>
        ) : null,
      )}
    </ul>
  );
}

function Trend({ report, json: { trend } }: Shown) {
  const dayAt = (at: number): string => addDays(trend.from, at);
  const label = `Findings that were open at the end of each of the last ${trend.days} days`;
  const textOf = (at: number): string => {
    const open = trend.openAtEndOfDay[at] ?? null;
    return `${dayText(dayAt(at))}: ${open === null ? "not known" : `${open} open`}`;
  };
  if (trend.openAtEndOfDay.every((open) => open === null || open === 0)) return null;
  return (
    <Figure label={label} isInteractive table={<TrendTable report={report} dayAt={dayAt} />}>
      <StackedBars
        label={label}
        height={130}
        bars={trend.openAtEndOfDay.map((open, at) =>
          plainBar(dayText(dayAt(at), { day: "numeric", month: "short" }), open, {
            text: open === null ? "" : String(open),
            mark: { "data-report": report.question, "data-field": `trend.openAtEndOfDay.${at}` },
          }),
        )}
        tickText={(tick) => (Number.isInteger(tick) ? String(tick) : "")}
        textOf={textOf}
        tipOf={textOf}
      />
    </Figure>
  );
}

const TrendTable = ({ report, dayAt }: { report: PageReport; dayAt: (at: number) => string }) => (
  <ListTable
    report={report}
    list="trend.openAtEndOfDay"
    caption="Open findings by day"
    columns={[
      { head: "day", cell: (_, path) => dayText(dayAt(Number(path.split(".").at(-1)))) },
      { head: "open", kind: "integer", cell: (_, path) => <Value report={report} field={path} kind="integer" /> },
    ]}
  />
);

/** The score of each machine, or of this one, with what lowers it. */
function Health({ report, json }: Shown) {
  const { machines, permissionHealth } = json;
  if (!machines)
    return permissionHealth ? (
      <>
        <b class="large">
          <Value report={report} field="permissionHealth.score" kind="integer" />
        </b>
        <p class="soft">{becauseText(permissionHealth.because)}</p>
      </>
    ) : (
      <p class="soft">Not known without a log.</p>
    );
  return (
    <ListTable
      report={report}
      list="machines"
      caption="Permission health by machine"
      columns={[
        {
          head: "machine",
          class: "name",
          cell: (one: (typeof machines)[number]) => (
            <>
              <span class="clip" title={one.machine}>
                {one.machine}
              </span>
              {one.permissionHealth.because.length > 0 && (
                <small class="soft">{becauseText(one.permissionHealth.because)}</small>
              )}
            </>
          ),
        },
        {
          head: "score",
          class: "n",
          cell: ({ permissionHealth: { score } }, path) => (
            <>
              <Meter percent={score} />{" "}
              <Value report={report} field={`${path}.permissionHealth.score`} kind="integer" />
            </>
          ),
        },
      ]}
    />
  );
}

const becauseText = (because: readonly { readonly points: number; readonly reason: string }[]): string =>
  because.map(({ points, reason }) => `−${points} ${reason}`).join(", ");
