import { useState } from "preact/hooks";
import type { LimitsJson } from "../../../reports/shared/limits/json.ts";
import { LAST_COLOUR } from "../../charts/stacks.ts";
import { timezone } from "../../client/location.ts";
import type { PageReport } from "../../client/reports.ts";
import { Card } from "../../parts/Card.tsx";
import { Legend } from "../../parts/Figure.tsx";
import { Pet } from "../../parts/Pet.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { Value } from "../../parts/Value.tsx";
import { systemClock } from "../../../utils/clock.ts";
import { ageText, valueText, whenText } from "../../text.ts";

type Limit = LimitsJson["limits"][number];

/** Limits that are shown at first: the fullest ones. */
const SHOWN = 6;
/** Percent at the reset from which a number is pointed out, and the age of a reading from which it is, milliseconds. */
const [HIGH, OLD_MS] = [80, 120_000];
/** A range that is not worth a mention, percent. */
const NARROW = 0.1;
/** Ages that are called now, milliseconds. */
const NOW_MS = 3_000;

/** How full each limit is, who used it, where an even pace would stand, and where it stands at its reset. */
export function Limits(props: {
  report: PageReport<LimitsJson>;
  colours: ReadonlyMap<string, number>;
  isHub: boolean;
  isAtWork: boolean;
}) {
  const { report, colours, isHub, isAtWork } = props;
  const [isWhole, setWhole] = useState(false);
  const limits = report.data?.json.limits ?? [];
  const open = limits.map((limit, at) => ({ limit, at })).filter(({ limit }) => limit.usedPercent !== null);
  const sorted = open.length > SHOWN ? open.toSorted((a, b) => fullness(b.limit) - fullness(a.limit)) : open;
  const shown = isWhole ? sorted : sorted.slice(0, SHOWN);
  const fullest = Math.max(0, ...open.map(({ limit }) => limit.usedPercent ?? 0));
  const [first] = open;
  const hasAccounts = new Set(limits.map(({ name }) => name)).size > 1 && isHub;
  return (
    <Card
      title={
        <>
          Limits <Pet fullest={fullest} isAtWork={isAtWork} />
        </>
      }
      about={first && !hasAccounts && <About limit={first.limit} />}
      width={isHub ? 8 : 12}
    >
      <ReportView report={report}>
        {() => (
          <>
            {open.length === 0 && <p class="soft">No limit is open: none was read since it was reset.</p>}
            {[...Map.groupBy(shown, ({ limit }) => limit.name)].map(([name, own]) => (
              <div key={name}>
                {hasAccounts && <Account limit={own[0]?.limit} />}
                {own.map(({ limit, at }) => (
                  <LimitRow
                    key={limit.window}
                    {...{ report, limit, at, colours }}
                    isOlder={limit.ageMs !== own[0]?.limit.ageMs}
                  />
                ))}
              </div>
            ))}
            {sorted.length > SHOWN && (
              <button type="button" onClick={() => setWhole(!isWhole)}>
                {isWhole ? `The ${SHOWN} fullest only` : `All ${sorted.length} limits`}
              </button>
            )}
            {open.length > 0 && <Key limits={shown.map(({ limit }) => limit)} colours={colours} />}
          </>
        )}
      </ReportView>
    </Card>
  );
}

/** Where a limit stands at its reset, percent; full ones first. */
function fullness({ forecast, usedPercent }: Limit): number {
  return forecast?.kind === "wall" ? 101 : (forecast?.percentAtReset ?? usedPercent ?? 0);
}

/** The plan, and who read the limit when; an old reading is pointed out. */
function About({ limit: { plan, readBy, ageMs } }: { limit: Limit }) {
  return (
    <span>
      {plan !== null && `${plan} · `}
      <span class={ageMs > OLD_MS ? "warn" : ""}>
        read {readBy !== undefined && `by ${readBy} `}
        {ageMs < NOW_MS ? "now" : `${ageText(ageMs)} ago`}
      </span>
    </span>
  );
}

/** Whose the limits below are. */
const Account = ({ limit }: { limit: Limit | undefined }) =>
  limit === undefined ? null : (
    <h3 title={limit.name}>
      <span class="clip">{limit.name}</span>
      <small>
        <About limit={limit} />
      </small>
    </h3>
  );

function LimitRow(props: {
  report: PageReport;
  limit: Limit;
  at: number;
  colours: ReadonlyMap<string, number>;
  /** Whether it was read at another time than the heading says. */
  isOlder: boolean;
}) {
  const { report, limit, at, colours, isOlder } = props;
  const { window, resetsAt, resetsInMs, ageMs } = limit;
  return (
    <div class="limit">
      <div class="what">
        {window.slice(0, 1).toUpperCase() + window.slice(1)}
        <small>
          {resetsAt === null
            ? "reset not known"
            : `resets ${timeText(Date.parse(resetsAt))}, in ${ageText(resetsInMs ?? 0)}`}
        </small>
        {isOlder && ageMs > OLD_MS && <small class="warn">read {ageText(ageMs)} ago</small>}
      </div>
      <Bar limit={limit} colours={colours} />
      <div class="then">
        <Value report={report} field={`limits.${at}.usedPercent`} kind="percent" />
        <Forecast {...{ report, limit, at }} />
      </div>
    </div>
  );
}

const timeText = (ms: number): string => whenText(timezone.value, ms, systemClock.now());

function Forecast({ report, limit: { forecast }, at }: { report: PageReport; limit: Limit; at: number }) {
  const field = `limits.${at}.forecast`;
  if (forecast === null) return <small>too little is seen for a forecast</small>;
  if (forecast.kind === "stands") {
    const { percentAtReset, rates, earliest, low, high } = forecast;
    return (
      <>
        {" → "}
        <b class={percentAtReset >= HIGH ? "warn" : ""}>
          <Value report={report} field={`${field}.percentAtReset`} kind="percent" />
        </b>
        <small>
          {rates < 2 ? (
            "at the reset, by one rate only"
          ) : high - low < NARROW ? (
            "at the reset"
          ) : (
            <>
              <Value report={report} field={`${field}.low`} kind="percent" /> to{" "}
              <Value report={report} field={`${field}.high`} kind="percent" /> at the reset
            </>
          )}
        </small>
        {earliest !== null && <small class="warn">full {timeText(Date.parse(earliest))} at the fastest rate</small>}
      </>
    );
  }
  const { fullAt, earliest, latest, rates } = forecast;
  const when = (time: string | null): string => (time === null ? "" : timeText(Date.parse(time)));
  return (
    <>
      {" → "}
      <b class="bad">full {when(fullAt)}</b>
      <small>
        {rates < 2
          ? "by one rate only"
          : latest === null
            ? `${when(earliest)} at the earliest, or after the reset`
            : `${when(earliest)} to ${when(latest)}`}
      </small>
    </>
  );
}

/** What is used by each machine, and hatched what will be at the reset. */
function Bar({ limit, colours }: { limit: Limit; colours: ReadonlyMap<string, number> }) {
  const { window, usedPercent, evenPercent, forecast, machines = [] } = limit;
  const used = Math.min(usedPercent ?? 0, 100);
  const end = forecast?.kind === "wall" ? 100 : Math.max(forecast?.percentAtReset ?? used, used);
  const [low, high] = forecast?.kind === "stands" ? [Math.max(forecast.low, used), forecast.high] : [0, 0];
  const zone = timezone.value;
  const then =
    forecast?.kind === "wall" ? ", full before the reset" : `, ${valueText("percent", end, zone)} at the reset`;
  const label = `${window}: ${valueText("percent", usedPercent, zone)} used${forecast === null ? "" : then}`;
  const colourOf = ({ machine }: { machine: string }): number => colours.get(machine) ?? LAST_COLOUR;
  const parts = machines.filter(({ share }) => (share ?? 0) > 0).toSorted((a, b) => colourOf(a) - colourOf(b));
  return (
    <div class="bar" role="img" aria-label={label}>
      {parts.length === 0 ? (
        <i class={machines.length === 0 && limit.readBy !== undefined ? "fill-7" : "fill-0"} style={widthOf(used)} />
      ) : (
        parts.map((part) => (
          <i
            key={part.machine}
            class={`fill-${colourOf(part)}`}
            style={widthOf((used * (part.share ?? 0)) / 100)}
            title={`${part.machine}: ${valueText("percent", part.share, zone)} of the tokens that are known`}
          />
        ))
      )}
      <i class="projection" style={widthOf(end - used)} />
      {high - low >= NARROW && <u class="range" style={{ left: `${low}%`, width: `${high - low}%` }} />}
      {evenPercent !== null && <u class="even" style={{ left: `${evenPercent}%` }} />}
    </div>
  );
}

const widthOf = (percent: number) => ({ width: `${percent}%` });

function Key({ limits, colours }: { limits: readonly Limit[]; colours: ReadonlyMap<string, number> }) {
  const names = [...new Set(limits.flatMap(({ machines = [] }) => machines.map(({ machine }) => machine)))];
  const colourOf = (name: string): number => colours.get(name) ?? LAST_COLOUR;
  const own = names.filter((name) => colourOf(name) < LAST_COLOUR).toSorted((a, b) => colourOf(a) - colourOf(b));
  return (
    <Legend
      colours={[
        ...own.map((name) => [colourOf(name), name] as const),
        ...(names.length > own.length ? [[LAST_COLOUR, "other machines"] as const] : []),
      ]}
    >
      <span>
        <i class="projection" />
        until the reset, at this pace
      </span>
      <span>
        <u class="even" />
        where an even pace would stand
      </span>
      {limits.some(({ forecast }) => forecast?.kind === "stands" && forecast.high - forecast.low >= NARROW) && (
        <span>
          <u class="range" />
          range of the forecast
        </span>
      )}
    </Legend>
  );
}
