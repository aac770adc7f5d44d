import type { DiagnosticsJson } from "../../../reports/shared/findings.ts";
import type { NowJson } from "../../../reports/now.ts";
import { about } from "../../client/about.ts";
import { useReport } from "../../client/reports.ts";
import { Card } from "../../parts/Card.tsx";
import { ReportTable } from "../../parts/ReportTable.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { Value } from "../../parts/Value.tsx";
import { Blocks } from "./Blocks.tsx";
import { Findings } from "./Findings.tsx";
import { LastHour } from "./LastHour.tsx";
import { Range, rangeParams, rangeText } from "./Range.tsx";

const LIMITS = ["Limit", "Used", "Resets", "Forecast", "Age"] as const;
const SOURCES = [
  "Assistant",
  "Found in",
  "Files",
  "Bytes",
  "Newest response",
  "Version",
  "Tokens",
  "Cost",
  "Not recorded",
  "Not counted",
] as const;

/** This machine alone: its log, its ledger, and what was found about Claude Code's installation. */
export function OwnMachine() {
  const range = rangeParams();
  const sources = useReport("sources", range);
  const limits = useReport("limits");
  const now = useReport<NowJson>("now");
  const blocks = useReport("blocks", range);
  const findings = useReport<DiagnosticsJson>("diagnostics");
  const checked = findings.data?.json.lastStatusAt ?? null;
  return (
    <>
      <div class="controls">
        <Range />
      </div>
      <Card
        title={about.value?.name ?? "This machine"}
        about={
          findings.data &&
          (checked === null ? (
            "no log in the last 30 days"
          ) : (
            <>
              log: last record <Value report={findings} field="lastStatusAt" kind="time" />
            </>
          ))
        }
      >
        <ReportView report={sources}>
          {() => (
            <ReportTable report={sources} caption={`Assistants on this machine, ${rangeText()}`} columns={SOURCES} />
          )}
        </ReportView>
      </Card>
      <LastHour report={now} />
      <Blocks report={blocks} />
      <Card title="Limits">
        <ReportView report={limits}>
          {() => <ReportTable report={limits} caption="Limits" columns={LIMITS} />}
        </ReportView>
      </Card>
      <Findings report={findings} />
    </>
  );
}
