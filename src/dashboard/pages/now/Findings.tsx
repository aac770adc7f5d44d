import type { DiagnosticsJson } from "../../../reports/shared/findings.ts";
import { hrefOf, timezone } from "../../client/location.ts";
import { useReport } from "../../client/reports.ts";
import { Card } from "../../parts/Card.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { Value } from "../../parts/Value.tsx";
import { systemClock } from "../../../utils/clock.ts";
import { whenText } from "../../text.ts";

const SHOWN = 6;
const CLASSES: Readonly<Record<string, string>> = { error: "tag bad", warning: "tag warn" };

/** Open findings about the installations, the most severe first. */
export function Findings() {
  const report = useReport<DiagnosticsJson>("diagnostics");
  const json = report.data?.json;
  const open = json?.findings.filter(({ state }) => state === "open") ?? [];
  return (
    <Card
      title="Findings"
      about={
        // Without any finding the card says whether that is known.
        json &&
        open.length > 0 && (
          <>
            <Value report={report} field="open" kind="integer" /> open
          </>
        )
      }
    >
      <ReportView report={report} notes={open.length > 0}>
        {() =>
          open.length === 0 ? (
            <p class="soft">No finding is open.</p>
          ) : (
            <ul class="findings">
              {open.slice(0, SHOWN).map(({ machine, type, severity, message, firstSeen }, at) => (
                <li key={at}>
                  <span class={CLASSES[severity] ?? "tag"}>{severity}</span>
                  <span>
                    {machine !== undefined && `${machine}: `}
                    {message ?? type.replaceAll("_", " ")}
                  </span>
                  <span class="soft">
                    {firstSeen !== null &&
                      `since ${whenText(timezone.value, Date.parse(firstSeen), systemClock.now())}`}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </ReportView>
      {open.length > SHOWN && (
        <a class="more" href={hrefOf("/machines")}>
          All {open.length} open findings
        </a>
      )}
    </Card>
  );
}
