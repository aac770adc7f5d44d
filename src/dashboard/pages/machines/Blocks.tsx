import { StackedBars } from "../../charts/StackedBars.tsx";
import { timezone } from "../../client/location.ts";
import type { PageReport } from "../../client/reports.ts";
import { Card } from "../../parts/Card.tsx";
import { Figure } from "../../parts/Figure.tsx";
import { ReportTable } from "../../parts/ReportTable.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { jsonText } from "../../parts/Value.tsx";
import { clockTime, dayAndTime, dayText, localDate } from "../../text.ts";
import { plainBar } from "./bars.ts";
import { rangeText } from "./Range.tsx";

const LABEL = "Cost of each five-hour window";
const COLUMNS = ["Begin", "Window", "State", "Responses", "Total", "Cost"] as const;
/** Windows that are drawn: the newest. */
const MOST = 60;

/** Of a window in the JSON of the report what is drawn. */
interface BlockEntry {
  readonly startTime: string;
  readonly endTime: string;
  readonly isActive: boolean;
  readonly isGap: boolean;
  readonly costUSD: number | null;
}

/** Five-hour windows of a machine. */
export function Blocks({ report }: { report: PageReport }) {
  return (
    <Card title="Five-hour windows" width={6} about={`cost of each, ${rangeText()}`}>
      <ReportView report={report}>
        {({ json }) => {
          const { blocks } = json as { readonly blocks: readonly BlockEntry[] };
          const shown = blocks.flatMap((block, at) => (block.isGap ? [] : [{ ...block, at }])).slice(-MOST);
          const textOf = (at: number): string => {
            const { startTime = "", endTime = "", isActive = false, costUSD = null } = shown[at] ?? {};
            const zone = timezone.value;
            const when = `${dayAndTime(zone, Date.parse(startTime))} to ${clockTime(zone, Date.parse(endTime))}`;
            return `${when}${isActive ? ", open" : ""}: ${costUSD === null ? "without a price" : jsonText("money", costUSD)}`;
          };
          return (
            <Figure
              label={LABEL}
              isInteractive
              table={<ReportTable report={report} caption={LABEL} columns={COLUMNS} />}
            >
              <StackedBars
                label={LABEL}
                height={180}
                bars={shown.map(({ startTime, costUSD, isActive, at }) =>
                  plainBar(dayText(localDate(timezone.value, Date.parse(startTime))), costUSD, {
                    text: costUSD === null ? "" : jsonText("money", costUSD),
                    mark: { "data-report": report.question, "data-field": `blocks.${at}.costUSD` },
                    isOpen: isActive,
                  }),
                )}
                tickText={(tick) => (tick > 0 && tick < 1 ? jsonText("money", tick) : `$${tick}`)}
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
