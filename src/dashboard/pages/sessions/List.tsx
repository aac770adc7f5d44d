import type { Params } from "../../client/api.ts";
import { hrefOf, param, setParams } from "../../client/location.ts";
import { useReport, useSettled } from "../../client/reports.ts";
import { Card } from "../../parts/Card.tsx";
import { Pager, pageParams } from "../../parts/Pager.tsx";
import { ReportTable } from "../../parts/ReportTable.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { choiceOf, Segments } from "../../parts/Segments.tsx";
import { sortParams } from "../../parts/sorting.tsx";
import { Filters, filterParams, Search } from "./Filters.tsx";

/** Sessions on a page. */
const ROWS = 25;
const RANGES = [
  ["day", "this day"],
  ["7d", "7 days"],
  ["30d", "30 days"],
  ["all", "all"],
] as const;
const COLUMNS = [
  "Start",
  "Project",
  "Branch",
  "Machine",
  "Assistant",
  "Lasted",
  "Prompts",
  "Tools",
  "Lines +",
  "Lines -",
  "Tokens",
  "Cost",
  "Ended",
];

/** The order without another choice. */
const NEWEST = { column: "Start", order: "desc" } as const;

/** What the report says of each session. */
interface ActivityJson {
  readonly sessions: readonly { readonly sessionId: string }[];
}

/** Sessions that are searched, filtered, sorted and paged; each opens. `day` is the one that the timeline shows. */
export function SessionList({ day }: { day: string }) {
  const range = choiceOf("range", RANGES, "7d");
  const days: Params = range === "day" ? { since: day, until: day } : range === "all" ? {} : { last: range };
  const match = param("match");
  const report = useSettled(
    useReport<ActivityJson>("activity", {
      ...days,
      ...filterParams(),
      match,
      ...sortParams(NEWEST),
      ...pageParams(ROWS),
    }),
  );
  const hasFilter = match !== null || Object.values(filterParams()).some((one) => one !== null);
  return (
    <Card title="Sessions" about={<Pager report={report} rows={ROWS} what="sessions" />}>
      <div class="controls">
        <Search />
        <Segments name="range" label="Range" choices={RANGES} fallback="7d" />
        <Filters range={days} />
      </div>
      <ReportView
        report={report}
        empty={
          <>
            {hasFilter ? "No session fits." : "No sessions in this range."}{" "}
            {range !== "all" && (
              <button type="button" onClick={() => setParams({ range: "all", page: null })}>
                Look at all days
              </button>
            )}{" "}
            {hasFilter && (
              <button
                type="button"
                onClick={() =>
                  setParams({ match: null, project: null, branch: null, model: null, source: null, page: null })
                }
              >
                Clear the search and filters
              </button>
            )}
          </>
        }
      >
        {({ json }) => (
          <ReportTable
            report={report}
            caption="Sessions"
            columns={COLUMNS}
            sorted={NEWEST}
            isFitted
            hrefOfRow={(row) => hrefOf(`/sessions/${encodeURIComponent(json.sessions[row]?.sessionId ?? "")}`)}
          />
        )}
      </ReportView>
    </Card>
  );
}
