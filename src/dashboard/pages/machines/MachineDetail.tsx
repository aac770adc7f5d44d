import type { NowJson } from "../../../reports/now.ts";
import type { DiagnosticsJson } from "../../../reports/shared/findings.ts";
import type { MachinesJson } from "../../../reports/shared/hub/machines.ts";
import type { LimitsJson } from "../../../reports/shared/limits/json.ts";
import { about } from "../../client/about.ts";
import { hrefOf, param } from "../../client/location.ts";
import { type PageReport, useReport } from "../../client/reports.ts";
import { Card, Fact } from "../../parts/Card.tsx";
import { type ListColumn, ListTable } from "../../parts/ListTable.tsx";
import { ReportTable } from "../../parts/ReportTable.tsx";
import { Loading, Problem, ReportView } from "../../parts/ReportView.tsx";
import { Value } from "../../parts/Value.tsx";
import { AuditLog } from "./AuditLog.tsx";
import { Blocks } from "./Blocks.tsx";
import { Findings } from "./Findings.tsx";
import { Invite } from "./Invite.tsx";
import { LastHour } from "./LastHour.tsx";
import { ClaudeVersions, Flaws, type MachineEntry, ProgramVersion, State } from "./MachineState.tsx";
import { Limits } from "./Limits.tsx";
import { Manage } from "./Manage.tsx";
import { Range, rangeParams, rangeText } from "./Range.tsx";

/** One machine of a hub. `isOnly`: the hub has no other one, so this is all there is to see. */
export function MachineDetail({ machine, isOnly }: { machine: string; isOnly: boolean }) {
  const report = useReport<MachinesJson>("machines", { ...rangeParams(), machine, person: null });
  if (report.problem && !report.data) return <NotFound report={report} />;
  const [found] = report.data?.json.machines ?? [];
  const isAdmin = about.value?.scope === "admin";
  return (
    <>
      <div class="controls">
        {!isOnly && (
          <a class="button" href={hrefOf("/machines", { machine: null, last: param("last") })}>
            ◀ All machines
          </a>
        )}
        <Range />
      </div>
      {found ? (
        <Parts report={report} machine={found} isAdmin={isAdmin} />
      ) : (
        <Card title={machine}>
          <Loading />
        </Card>
      )}
      {isOnly && isAdmin && <Invite />}
      {isOnly && isAdmin && <AuditLog report={report} />}
    </>
  );
}

/** What a machine that is known did. */
function Parts({ report, machine, isAdmin }: { report: PageReport; machine: MachineEntry; isAdmin: boolean }) {
  const range = rangeParams();
  const whose = { machine: machine.name, person: null };
  const now = useReport<NowJson>("now", whose);
  const blocks = useReport("blocks", { ...range, ...whose });
  const models = useReport("models", { ...range, ...whose });
  const limits = useReport<LimitsJson>("limits", whose);
  const sources = useReport("sources", { ...range, ...whose });
  const findings = useReport<DiagnosticsJson>("diagnostics", whose);
  return (
    <>
      <Head report={report} now={now} machine={machine} path="machines.0" isAdmin={isAdmin} />
      <LastHour report={now} />
      <Blocks report={blocks} />
      <Card title="Models" width={6} about={rangeText()}>
        <ReportView report={models}>
          {() => <ReportTable report={models} caption="Models" columns={MODELS} />}
        </ReportView>
      </Card>
      <Limits report={limits} />
      <Findings report={findings} />
      <Card title="Assistants" about={rangeText()}>
        <ReportView report={sources}>
          {() => <ListTable report={sources} list="sources" caption="Assistants" columns={SOURCES} />}
        </ReportView>
      </Card>
    </>
  );
}

const MODELS = ["Model", "Assistant", "Responses", "Total", "Cost", "Share"] as const;
const SOURCES: readonly ListColumn<unknown>[] = [
  { head: "assistant", field: "title" },
  { head: "version", field: "version" },
  { head: "newest response", field: "newestResponse", kind: "time" },
  { head: "responses", field: "responses", kind: "integer" },
  { head: "tokens", field: "totalTokens", kind: "tokens" },
  { head: "cost", field: "totalCost", kind: "money" },
  { head: "to send", field: "toBeSent", kind: "integer" },
];

const NotFound = ({ report: { problem } }: { report: PageReport }) => (
  <Card title="Machines">
    {problem && <Problem problem={problem} />}
    <p class="next">
      <a href={hrefOf("/machines", { machine: null, person: null })}>All machines</a>
    </p>
  </Card>
);

/** What a machine is, what it used, and what it still has to send. */
function Head(props: {
  report: PageReport;
  now: PageReport<NowJson>;
  machine: MachineEntry;
  path: string;
  isAdmin: boolean;
}) {
  const { report, now, machine, path, isAdmin } = props;
  const { name, person, platform, level, pending, revoked } = machine;
  const value = (field: string, kind: "integer" | "tokens" | "money" | "latency", short = false) => (
    <Value report={report} field={`${path}.${field}`} kind={kind} short={short} />
  );
  return (
    <Card
      title={
        <>
          {name} <span class="soft">{[person, platform].filter(Boolean).join(" · ")}</span>{" "}
          <Flaws report={report} machine={machine} path={path} />
        </>
      }
      about={<State report={report} machine={machine} path={path} />}
    >
      <div class="numbers">
        <Fact value={value("totalCost", "money")}>{rangeText()}</Fact>
        <Fact value={value("totalTokens", "tokens", true)}>tokens</Fact>
        {now.data?.json.burn && (
          <Fact value={<Value report={now} field="burn.tokensPerMinute" kind="tokens" short />}>
            a minute, <Value report={now} field="burn.costPerHour" kind="money" /> an hour
          </Fact>
        )}
        <Fact value={value("pending", "integer")}>{pending === 1 ? "row" : "rows"} to send</Fact>
        <Fact value={value("clockSkewMs", "latency")}>clock ahead</Fact>
        <Fact value={<ProgramVersion report={report} machine={machine} path={path} />}>Pawprint</Fact>
        <Fact value={<ClaudeVersions report={report} machine={machine} path={path} />}>Claude Code</Fact>
        <Fact value={level === "" ? "—" : level}>{LEVELS.get(level) ?? "what it sends"}</Fact>
      </div>
      {isAdmin && (
        <div class="actions">
          <Manage machine={name} isRevoked={revoked !== null} />
        </div>
      )}
    </Card>
  );
}

/** What each level sends. */
const LEVELS: ReadonlyMap<string, string> = new Map([
  ["metrics", "are sent, no paths or branches"],
  ["details", "are sent, with paths and branches"],
]);
