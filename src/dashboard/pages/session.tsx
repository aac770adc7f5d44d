import type { TurnsJson } from "../../reports/turns.ts";
import { type PageReport, useReport, useSettled } from "../client/reports.ts";
import { Card } from "../parts/Card.tsx";
import { Pager, pageParams } from "../parts/Pager.tsx";
import { ReportView } from "../parts/ReportView.tsx";
import { choiceOf, Segments } from "../parts/Segments.tsx";
import type { DashboardPage } from "./contract.ts";
import { SessionHead } from "./session/Head.tsx";
import { SessionLists } from "./session/Lists.tsx";
import { OverTime } from "./session/OverTime.tsx";
import type { SessionJson } from "./session/session-json.ts";
import { TurnList } from "./session/Turns.tsx";

/** Turns on a page. */
const TURNS = 25;
const ORDERS = [
  ["desc", "newest first"],
  ["asc", "oldest first"],
] as const;

const Content = ({ session: id = "" }: Readonly<Record<string, string>>) => <OneSession key={id} id={id} />;

function OneSession({ id }: { id: string }) {
  const order = choiceOf("order", ORDERS, "desc");
  // A session is the same whoever is selected.
  const report = useSettled(
    useReport<TurnsJson>("turns", { id, order, machine: null, person: null, ...pageParams(TURNS) }),
  );
  const json = report.data?.json;
  if (!json || !("leftOut" in json))
    return (
      <Card title="Session">
        <ReportView report={report}>{() => null}</ReportView>
      </Card>
    );
  return <Session report={report} json={json} order={order} />;
}

function Session({ report, json, order }: { report: PageReport; json: SessionJson; order: string }) {
  return (
    <>
      <SessionHead report={report} json={json} />
      <OverTime report={report} json={json} />
      <Card title="Turns" about="what each cost; no prompt or reply is stored" width={8}>
        <div class="controls">
          <Segments name="order" label="Order" choices={ORDERS} fallback="desc" />
          <span class="push" />
          <Pager report={report} rows={TURNS} what="turns" />
        </div>
        <TurnList key={order} report={report} json={json} />
        <Pager report={report} rows={TURNS} what="turns" />
      </Card>
      <Card title="Files" about="lines added and removed" width={4} isShort>
        <SessionLists report={report} json={json} />
      </Card>
    </>
  );
}

/** One session. */
export const session: DashboardPage = { name: "session", title: null, path: "/sessions/:session", key: null, Content };
