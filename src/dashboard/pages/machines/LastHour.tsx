import { compactCount } from "../../../render/format.ts";
import type { NowJson } from "../../../reports/now.ts";
import { StackedBars } from "../../charts/StackedBars.tsx";
import { timezone } from "../../client/location.ts";
import type { PageReport } from "../../client/reports.ts";
import { Card } from "../../parts/Card.tsx";
import { Figure } from "../../parts/Figure.tsx";
import { ListTable } from "../../parts/ListTable.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { Value } from "../../parts/Value.tsx";
import { clockTime } from "../../text.ts";
import { plainBar } from "./bars.ts";

const LABEL = "Tokens of each minute of the last hour";

/** What one machine used in each minute of the last hour. */
export function LastHour({ report }: { report: PageReport<NowJson> }) {
  return (
    <Card title="Last hour" width={6} about="tokens per minute">
      <ReportView report={report} notes={false} empty="Nothing was used in the last hour.">
        {({ json: { minutes, machines } }) => {
          const [only] = machines;
          if (!only || only.lastAt === null) return <p class="soft">Nothing was used in the last hour.</p>;
          const { perMinute } = only;
          const timeAt = (at: number): string => clockTime(timezone.value, Date.parse(minutes.from) + at * 60_000);
          const textOf = (at: number): string => `${timeAt(at)}: ${compactCount(perMinute[at] ?? 0)} tokens`;
          return (
            <Figure
              label={LABEL}
              isInteractive
              table={
                <ListTable
                  report={report}
                  list="machines.0.perMinute"
                  caption={LABEL}
                  columns={[
                    { head: "minute", cell: (_, path) => timeAt(Number(path.split(".").at(-1))) },
                    {
                      head: "tokens",
                      kind: "tokens",
                      cell: (_, path) => <Value report={report} field={path} kind="tokens" />,
                    },
                  ]}
                />
              }
            >
              <StackedBars
                label={LABEL}
                height={180}
                bars={perMinute.map((tokens, at) =>
                  plainBar(timeAt(at), tokens, {
                    text: compactCount(tokens),
                    mark: { "data-report": report.question, "data-field": `machines.0.perMinute.${at}` },
                  }),
                )}
                tickText={compactCount}
                textOf={textOf}
                tipOf={textOf}
              />
            </Figure>
          );
        }}
      </ReportView>
    </Card>
  );
}
