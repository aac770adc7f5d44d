import { useMemo } from "preact/hooks";
import type { NowJson } from "../../../reports/now.ts";
import { LAST_COLOUR } from "../../charts/stacks.ts";
import { type AreaSeries, StackedAreas } from "../../charts/StackedAreas.tsx";
import { timezone } from "../../client/location.ts";
import type { PageReport } from "../../client/reports.ts";
import { Card } from "../../parts/Card.tsx";
import { Figure, Legend } from "../../parts/Figure.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { Value } from "../../parts/Value.tsx";
import { clockTime, valueText } from "../../text.ts";

const MINUTE_MS = 60_000;

/** A machine with tokens in the last hour, and its place in the report. */
interface Used {
  readonly name: string;
  readonly colour: number;
  readonly at: number;
  readonly values: readonly number[];
}

/** Tokens of each minute of the last hour, one machine on top of the other. */
export function Burn(props: { report: PageReport<NowJson>; colours: ReadonlyMap<string, number>; isHub: boolean }) {
  const { report, colours, isHub } = props;
  const json = report.data?.json;
  const used = useMemo(() => usedOf(json, colours), [json]);
  const series = useMemo(() => seriesOf(used), [used]);
  const times = useMemo(() => timesOf(json), [json?.minutes.from]);
  const zone = timezone.value;
  const label = `Tokens of each minute of the last hour${isHub ? ", by machine" : ""}`;
  const textOf = (at: number): string =>
    [
      clockTime(zone, times[at] ?? 0),
      ...ofOwnColour(used).map(
        ({ name, values }) => `${isHub ? `${name} ` : ""}${valueText("tokens", values[at], zone, true)}`,
      ),
    ].join("  ");
  return (
    <Card title="Burn rate" about="tokens per minute, last hour" width={7}>
      <ReportView report={report} notes={false}>
        {() =>
          used.length === 0 ? (
            <p class="soft">No tokens in the last hour.</p>
          ) : (
            <Figure label={label} isInteractive table={<Minutes {...{ used, times, report, isHub }} />}>
              <StackedAreas {...{ label, times, series, textOf }} timeText={(ms) => clockTime(zone, ms)} />
              <Key {...{ report, used, isHub }} />
            </Figure>
          )
        }
      </ReportView>
    </Card>
  );
}

/** The machines that have a colour of their own. */
const ofOwnColour = (used: readonly Used[]): readonly Used[] => used.filter(({ colour }) => colour < LAST_COLOUR);

/** Which colour is whose, with what each uses now. */
function Key({ report, used, isHub }: { report: PageReport; used: readonly Used[]; isHub: boolean }) {
  const shown = ofOwnColour(used);
  return (
    <Legend
      colours={[
        ...shown.map(
          ({ name, colour, at }) =>
            [
              colour,
              <>
                {isHub ? name : "now"}{" "}
                <Value report={report} field={`machines.${at}.tokensPerMinute`} kind="tokens" short />
              </>,
            ] as const,
        ),
        ...(used.length > shown.length ? [[LAST_COLOUR, `${used.length - shown.length} more`] as const] : []),
      ]}
    />
  );
}

function usedOf(json: NowJson | undefined, colours: ReadonlyMap<string, number>): readonly Used[] {
  return (json?.machines ?? [])
    .map(({ machine, perMinute }, at) => ({
      name: machine ?? "",
      colour: colours.get(machine ?? "") ?? LAST_COLOUR,
      at,
      values: perMinute,
    }))
    .filter(({ values }) => values.some((tokens) => tokens > 0))
    .toSorted((a, b) => a.colour - b.colour);
}

/** One series for each colour: machines of the last colour are drawn as one area. */
const seriesOf = (used: readonly Used[]): readonly AreaSeries[] =>
  [...Map.groupBy(used, ({ colour }) => colour)].map(([colour, same]) => ({
    colour,
    values: (same[0]?.values ?? []).map((_, at) => same.reduce((sum, { values }) => sum + (values[at] ?? 0), 0)),
  }));

function timesOf(json: NowJson | undefined): readonly number[] {
  const { from = "", count = 0 } = json?.minutes ?? {};
  const first = Date.parse(from);
  return Array.from({ length: count }, (_, at) => first + at * MINUTE_MS);
}

/** The numbers of the chart. */
function Minutes(props: { used: readonly Used[]; times: readonly number[]; report: PageReport; isHub: boolean }) {
  const { used, times, report, isHub } = props;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Tokens of each minute">
      <table>
        <thead>
          <tr>
            <th scope="col">minute</th>
            {used.map(({ name }) => (
              <th key={name} scope="col" class="n">
                {isHub ? name : "tokens"}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((time, minute) => (
            <tr key={time}>
              <td>{clockTime(timezone.value, time)}</td>
              {used.map(({ name, at }) => (
                <td key={name} class="n">
                  <Value report={report} field={`machines.${at}.perMinute.${minute}`} kind="tokens" />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
