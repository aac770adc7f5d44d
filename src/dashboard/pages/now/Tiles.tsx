import type { NowJson } from "../../../reports/now.ts";
import type { PageReport } from "../../client/reports.ts";
import { timezone } from "../../client/location.ts";
import { Card, Tile } from "../../parts/Card.tsx";
import { Change } from "../../parts/Change.tsx";
import { Notes, Problem } from "../../parts/ReportView.tsx";
import { Value } from "../../parts/Value.tsx";
import { clockTime } from "../../text.ts";

/** Today, tokens, burn rate and sessions at work as large numbers. */
export function Tiles({ report, isHub }: { report: PageReport<NowJson>; isHub: boolean }) {
  const { data, problem } = report;
  if (!data)
    return problem ? (
      <div class="card w12">
        <Problem problem={problem} />
      </div>
    ) : (
      <>
        {["Today", "Tokens today", "Burn rate", "At work now"].map((title) => (
          <Tile key={title} title={title} value={<span class="loading" role="status" aria-label="Loading" />} />
        ))}
      </>
    );
  if (data.isEmpty)
    return (
      <Card title="Today">
        <p class="medium">{data.empty}</p>
        {data.notes.map((note) => (
          <p key={note} class="soft">
            {note}
          </p>
        ))}
      </Card>
    );
  const { today, usual, burn, atWork } = data.json;
  return (
    <>
      <Tile title="Today" value={<Value report={report} field="today.cost" kind="money" />}>
        <Usual report={report} usual={usual} />
        {today.unpricedTokens > 0 && (
          <>
            ; without <Value report={report} field="today.unpricedTokens" kind="tokens" short /> tokens that have no
            price
          </>
        )}
      </Tile>
      <Tile title="Tokens today" value={<Value report={report} field="today.tokens" kind="tokens" short />}>
        {today.cacheReadPercent === null ? (
          "no prompts yet today"
        ) : (
          <>
            <Value report={report} field="today.cacheReadPercent" kind="percent" /> read from the cache
            {today.saved !== null && (
              <>
                , <Value report={report} field="today.saved" kind="money" /> saved
              </>
            )}
          </>
        )}
      </Tile>
      <Tile
        title="Burn rate"
        about={`last ${atWork.minutes} min`}
        value={
          burn ? (
            <>
              <Value report={report} field="burn.tokensPerMinute" kind="tokens" short />
              /min
            </>
          ) : (
            "—"
          )
        }
      >
        {burn ? (
          <>
            {burn.costPerHour === null ? (
              "no price"
            ) : (
              <>
                <Value report={report} field="burn.costPerHour" kind="money" /> an hour
              </>
            )}
            {isHub && (
              <>
                , <Count report={report} field="burn.machines" value={burn.machines} what="machine" />
              </>
            )}
          </>
        ) : (
          `no response in the last ${atWork.minutes} minutes`
        )}
      </Tile>
      <Tile
        title="At work now"
        value={<Count report={report} field="atWork.sessions" value={atWork.sessions} what="session" />}
      >
        {isHub && atWork.machines > 0 && (
          <>
            on <Count report={report} field="atWork.machines" value={atWork.machines} what="machine" />,{" "}
          </>
        )}
        {atWork.sessions === 0 ? (
          "nobody is at work"
        ) : atWork.subagents === 0 ? (
          "no subagents"
        ) : (
          <Count report={report} field="atWork.subagents" value={atWork.subagents} what="subagent" />
        )}
      </Tile>
      {data.notes.length > 0 && (
        <div class="w12 under-tiles">
          <Notes notes={data.notes} />
        </div>
      )}
    </>
  );
}

function Count(props: { report: PageReport; field: string; value: number; what: string }) {
  const { report, field, value, what } = props;
  return (
    <>
      <Value report={report} field={field} kind="integer" /> {what}
      {value === 1 ? "" : "s"}
    </>
  );
}

/** Today compared with usual days; the arrow and the sign say which way, as well as the colour. */
function Usual({ report, usual }: { report: PageReport; usual: NowJson["usual"] }) {
  if (usual === null) return <>a usual day is not known yet</>;
  const { weekday, until, changePercent } = usual;
  const name = weekday === null ? "day" : weekday.slice(0, 1).toUpperCase() + weekday.slice(1);
  const day = `a usual ${name} by ${clockTime(timezone.value, Date.parse(until))}`;
  if (changePercent === null)
    return (
      <>
        <Value report={report} field="usual.cost" kind="money" /> on {day}
      </>
    );
  return (
    <>
      <span class={changePercent > 0 ? "warn" : "good"}>
        <Change report={report} field="usual.changePercent" />
      </span>{" "}
      against {day}
    </>
  );
}
