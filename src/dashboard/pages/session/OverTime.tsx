import { useMemo } from "preact/hooks";
import { SessionChart } from "../../charts/SessionChart.tsx";
import { timezone } from "../../client/location.ts";
import type { PageReport } from "../../client/reports.ts";
import { Card } from "../../parts/Card.tsx";
import { Figure, Legend } from "../../parts/Figure.tsx";
import { ListTable } from "../../parts/ListTable.tsx";
import { Name } from "../../parts/Name.tsx";
import { jsonText, Value } from "../../parts/Value.tsx";
import { clockTime, modelText } from "../../text.ts";
import { drawingOf } from "./drawing.ts";
import type { SessionJson } from "./session-json.ts";

/** Rows of a table that are shown before somebody asks for the others. */
const ROWS_SHOWN = 50;

/** Context fill, cost and subagents of a session over time. */
export function OverTime({ report, json }: { report: PageReport; json: SessionJson }) {
  const zone = timezone.value;
  const drawing = useMemo(() => drawingOf(json, zone), [json, zone]);
  const hasWindow = json.contextWindow !== null;
  const shown = [
    ...(drawing.fill.length > 0 ? [[0, hasWindow ? "context fill" : "context in tokens"] as const] : []),
    ...(drawing.cost.length > 0 ? [[1, "cost so far"] as const] : []),
    ...(drawing.agents.length > 0 ? [[2, "subagents at work"] as const] : []),
  ];
  const textOf = (place: number): string => {
    const one = json.responses[place];
    if (!one) return "";
    const fill = one.contextTokens === null ? "" : `, context ${jsonText("tokens", one.contextTokens)} tokens`;
    return `${clockTime(zone, Date.parse(one.at))}${fill}, ${jsonText("money", one.costSoFar)} so far`;
  };
  if (json.responses.length === 0)
    return (
      <Card title="Over time">
        <p class="soft">Its assistant records no tokens of this session, so there is nothing to draw.</p>
      </Card>
    );
  return (
    <Card title="Over time" about={shown.map(([, text]) => text).join(", ")}>
      <Figure
        isInteractive
        label="Context, cost and subagents over time"
        table={<Tables report={report} json={json} />}
      >
        <SessionChart
          drawing={drawing}
          costText={<Value report={report} field="session.cost" kind="money" />}
          label="Context and cost at a time"
          textOf={textOf}
        >
          {(place) => <ReadOut report={report} json={json} place={place} />}
        </SessionChart>
        <Legend colours={shown}>{drawing.compactions.length > 0 && <span>▼ compaction</span>}</Legend>
        <LeftOut report={report} json={json} />
      </Figure>
    </Card>
  );
}

function ReadOut({ report, json, place }: { report: PageReport; json: SessionJson; place: number | null }) {
  const one = place === null ? undefined : json.responses[place];
  if (!one) return <>Point at the chart, or press ← and →, to read the numbers at a time.</>;
  const value = (field: string, kind: "tokens" | "money" | "percent" | "time") => (
    <Value report={report} field={`responses.${place}.${field}`} kind={kind} short={kind === "tokens"} />
  );
  return (
    <>
      <b>{value("at", "time")}</b>
      {one.contextTokens !== null && <>, context {value("contextTokens", "tokens")} tokens</>}
      {one.contextPercent !== null && <> ({value("contextPercent", "percent")})</>}, {value("costSoFar", "money")} so
      far; this response: <Name>{modelText(one.model)}</Name>
      {one.agent !== "" && (
        <>
          , subagent <Name>{one.agent}</Name>
        </>
      )}
      , {value("tokens", "tokens")} tokens, {value("cost", "money")}
    </>
  );
}

/** What of a long session the chart leaves out. */
function LeftOut({ report, json: { leftOut } }: { report: PageReport; json: SessionJson }) {
  const value = (field: string) => <Value report={report} field={`leftOut.${field}`} kind="integer" />;
  if (leftOut.responses + leftOut.agents + leftOut.compactions === 0) return null;
  return (
    <p class="readout soft">
      Not drawn: {value("responses")} responses between the others
      {leftOut.agents > 0 && <>, {value("agents")} earlier subagents</>}
      {leftOut.compactions > 0 && <>, {value("compactions")} earlier compactions</>}.
    </p>
  );
}

function Tables({ report, json }: { report: PageReport; json: SessionJson }) {
  return (
    <>
      <ListTable<SessionJson["responses"][number]>
        report={report}
        list="responses"
        caption="Responses"
        rows={ROWS_SHOWN}
        columns={[
          { head: "time", field: "at", kind: "time" },
          { head: "model", cell: ({ model }) => modelText(model) },
          { head: "subagent", field: "agent" },
          { head: "tokens", field: "tokens", kind: "tokens" },
          { head: "cost", field: "cost", kind: "money" },
          { head: "context", field: "contextTokens", kind: "tokens" },
          { head: "of the window", field: "contextPercent", kind: "percent" },
          { head: "cost so far", field: "costSoFar", kind: "money" },
        ]}
      />
      {json.agents.length > 0 && (
        <ListTable
          report={report}
          list="agents"
          caption="Subagents"
          rows={ROWS_SHOWN}
          columns={[
            { head: "subagent", field: "name" },
            { head: "from", field: "from", kind: "time" },
            { head: "to", field: "to", kind: "time" },
            { head: "responses", field: "responses", kind: "integer" },
            { head: "tokens", field: "tokens", kind: "tokens" },
            { head: "cost", field: "cost", kind: "money" },
          ]}
        />
      )}
    </>
  );
}
