import type { LimitsJson } from "../../../reports/shared/limits/json.ts";
import type { PageReport } from "../../client/reports.ts";
import { Card } from "../../parts/Card.tsx";
import { ListTable } from "../../parts/ListTable.tsx";
import { Meter } from "../../parts/Meter.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { Value } from "../../parts/Value.tsx";

/** The limits of a machine's account, and the machine's part in what was used of each. */
export function Limits({ report }: { report: PageReport<LimitsJson> }) {
  return (
    <Card title="Limits" width={6} about="of its account; in the open window">
      <ReportView report={report}>
        {() => (
          <ListTable<LimitsJson["limits"][number]>
            report={report}
            list="limits"
            caption="Limits"
            columns={[
              { head: "limit", field: "window" },
              {
                head: "used by all",
                class: "nowrap",
                cell: ({ usedPercent }, path) => (
                  <>
                    <Meter percent={usedPercent} />{" "}
                    <Value report={report} field={`${path}.usedPercent`} kind="percent" />
                  </>
                ),
              },
              { head: "resets in", field: "resetsInMs", kind: "duration" },
              { head: "age", field: "ageMs", kind: "duration" },
              {
                head: "by this machine",
                kind: "tokens",
                cell: (_, path) => <Value report={report} field={`${path}.machines.0.tokens`} kind="tokens" short />,
              },
            ]}
          />
        )}
      </ReportView>
    </Card>
  );
}
