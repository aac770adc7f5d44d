import { addDays } from "../../../model/calendar.ts";
import type { TimelineJson } from "../../../reports/timeline.ts";
import { lanesFor } from "../../charts/lanes.ts";
import { scaleTo } from "../../charts/scale.ts";
import { TimeAxis } from "../../charts/TimeAxis.tsx";
import { stepPath } from "../../charts/steps.ts";
import { percentOf, timeTicks } from "../../charts/time-axis.ts";
import { about } from "../../client/about.ts";
import { hrefOf, setParams, timezone } from "../../client/location.ts";
import { type PageReport, useReport, useSettled } from "../../client/reports.ts";
import { Card } from "../../parts/Card.tsx";
import { Figure, Legend } from "../../parts/Figure.tsx";
import { ReportTable } from "../../parts/ReportTable.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { jsonText, Value } from "../../parts/Value.tsx";
import { clockTime, isolated, nearDayText, projectText } from "../../text.ts";
import { filterParams } from "./Filters.tsx";

type Machine = TimelineJson["machines"][number];

/** Height of a lane, pixels. */
const LANE_PX = 20;
/** A bar takes at least this part of the width in its lane. */
const LEAST_PART = 1 / 120;
const TICKS = 9;

/** When each session of a day was at work, by machine, and how many at once. */
export function Timeline({ day, today }: { day: string; today: string }) {
  const report = useSettled(useReport<TimelineJson>("timeline", { since: day, until: day, ...filterParams() }));
  const go = (to: string) => () => setParams({ day: to >= today ? null : to, page: null });
  return (
    <Card
      title={
        <span class="segments steps" role="group" aria-label="Day">
          <button type="button" aria-label="The day before" onClick={go(addDays(day, -1))}>
            ◀
          </button>
          <button type="button" title="Go to today" disabled={day === today} onClick={go(today)}>
            {day === today ? "Today, " : ""}
            {nearDayText(day, today)}
          </button>
          <button type="button" aria-label="The day after" disabled={day >= today} onClick={go(addDays(day, 1))}>
            ▶
          </button>
        </span>
      }
      about={<Peak report={report} />}
    >
      <ReportView report={report} empty="No session was at work on this day.">
        {({ json }) => <Lanes report={report} json={json} />}
      </ReportView>
    </Card>
  );
}

function Peak({ report }: { report: PageReport<TimelineJson> }) {
  const peak = report.data?.json.peak;
  if (!peak) return null;
  const time = (text: string): string => clockTime(timezone.value, Date.parse(text));
  return (
    <>
      at most <Value report={report} field="peak.sessions" kind="integer" />{" "}
      {peak.sessions === 1 ? "session" : "sessions at once"}, {time(peak.from)} to {time(peak.to)}
    </>
  );
}

function Lanes({ report, json }: { report: PageReport<TimelineJson>; json: TimelineJson }) {
  const { machines } = json;
  const [from, to] = [Date.parse(json.from), Date.parse(json.to)];
  const assistants = [
    ...new Set(machines.flatMap(({ sessions }) => sessions.map(({ assistant }) => assistant))),
  ].toSorted();
  const ids = machines.flatMap(({ sessions }) => sessions.map(({ session }) => session));
  return (
    <Figure
      isInteractive
      label="When each session was at work"
      table={
        <ReportTable
          report={report}
          caption="Sessions by time"
          hrefOfRow={(row) => sessionHref(String(report.data?.rows[row]?.[0] ?? ids[row] ?? ""))}
        />
      }
    >
      <div class={about.value?.kind === "hub" ? "timeline" : "timeline single"}>
        <div class="machines">
          {machines.map((machine, at) => (
            <MachineLanes key={machine.machine ?? at} machine={machine} assistants={assistants} from={from} to={to} />
          ))}
        </div>
        <AtOnce json={json} from={from} to={to} />
        <div class="row">
          <span />
          <TimeAxis ticks={timeTicks(timezone.value, from, to, TICKS)} from={from} to={to} />
        </div>
      </div>
      {assistants.length > 1 && <Legend colours={assistants.map((name, at) => [at % 8, name])} />}
    </Figure>
  );
}

const sessionHref = (id: string): string => hrefOf(`/sessions/${encodeURIComponent(id)}`);

/** The sessions of a machine: each a bar that opens it; those at the same time below each other. */
function MachineLanes({
  machine: { machine, person, sessions },
  assistants,
  from,
  to,
}: {
  machine: Machine;
  assistants: readonly string[];
  from: number;
  to: number;
}) {
  const least = (to - from) * LEAST_PART;
  const times = sessions.map((one) => {
    const start = Date.parse(one.from);
    return { from: start, to: Math.max(Date.parse(one.to), start + least) };
  });
  const lanes = lanesFor(times, least / 4);
  const count = lanes.reduce((most, lane) => Math.max(most, lane + 1), 1);
  return (
    <div class="row">
      <span class="clip" title={[machine, person].flatMap((name) => (name ? [isolated(name)] : [])).join(", ")}>
        {machine}
      </span>
      <ul class="lanes" style={{ height: `${count * LANE_PX}px` }} aria-label={machine ?? "Sessions"}>
        {sessions.map((one, at) => {
          const [left, right] = [
            percentOf(times[at]?.from ?? from, from, to),
            percentOf(times[at]?.to ?? to, from, to),
          ];
          const text = barText(one);
          return (
            <li key={`${one.session} ${one.from}`}>
              <a
                class={`work work-${assistants.indexOf(one.assistant) % 8}`}
                href={sessionHref(one.session)}
                title={text}
                aria-label={text}
                style={{ left: `${left}%`, width: `${right - left}%`, top: `${(lanes[at] ?? 0) * LANE_PX}px` }}
              >
                <span>{projectText(one.project)}</span>
              </a>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** api-server, fix/login, Claude Code, 09:12 to 11:48, 21.7M tokens, $18.42. */
function barText({ project, branch, assistant, from, to, tokens, cost }: Machine["sessions"][number]): string {
  const [start, end] = [from, to].map((text) => clockTime(timezone.value, Date.parse(text)));
  const used = [`${jsonText("tokens", tokens, true)} tokens`, ...(cost === null ? [] : [jsonText("money", cost)])];
  const names = [projectText(project), ...(branch ? [branch] : [])].map(isolated);
  return [...names, assistant, `${start} to ${end}`, ...used].join(", ");
}

const [WIDTH, HEIGHT] = [1_000, 36];

/** How many sessions were at work at once over the day; the most of them is marked. */
function AtOnce({ json: { concurrency, peak }, from, to }: { json: TimelineJson; from: number; to: number }) {
  if (!peak) return null;
  const x = (at: number): number => (percentOf(at, from, to) / 100) * WIDTH;
  const y = scaleTo(peak.sessions, HEIGHT, 0, 2);
  const steps = concurrency.map(({ at, sessions }) => ({ at: Date.parse(at), value: sessions }));
  const line = stepPath(steps, to, x, y);
  const [left, right] = [percentOf(Date.parse(peak.from), from, to), percentOf(Date.parse(peak.to), from, to)];
  return (
    <div class="row">
      <span class="soft">at once</span>
      <div class="at-once">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path class="area" d={line === "" ? "" : `${line}V${HEIGHT}H${steps[0] ? x(steps[0].at) : 0}Z`} />
          <path class="step step-7" d={line} />
        </svg>
        <i class="peak" style={{ left: `${left}%`, width: `${Math.max(right - left, 0)}%` }} />
      </div>
    </div>
  );
}
