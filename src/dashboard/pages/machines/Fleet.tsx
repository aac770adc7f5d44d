import type { NowJson } from "../../../reports/now.ts";
import type { DiagnosticsJson } from "../../../reports/shared/findings.ts";
import type { MachinesJson } from "../../../reports/shared/hub/machines.ts";
import { Spark } from "../../charts/Spark.tsx";
import { about } from "../../client/about.ts";
import { hrefOf, param } from "../../client/location.ts";
import { type PageReport, useReport } from "../../client/reports.ts";
import { Card, Tile } from "../../parts/Card.tsx";
import { type ListColumn, ListTable } from "../../parts/ListTable.tsx";
import { Meter } from "../../parts/Meter.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { Value } from "../../parts/Value.tsx";
import { UNKNOWN } from "../../text.ts";
import { AuditLog } from "./AuditLog.tsx";
import { Findings } from "./Findings.tsx";
import { Invite } from "./Invite.tsx";
import { ClaudeVersions, Flaws, type MachineEntry, ProgramVersion, State } from "./MachineState.tsx";
import { Range, rangeParams, rangeText } from "./Range.tsx";

/** All machines of a hub, or those of a person: who is online, what each uses and sends, and what is wrong with them. */
export function Fleet() {
  const report = useReport<MachinesJson>("machines", rangeParams());
  const now = useReport<NowJson>("now");
  const findings = useReport<DiagnosticsJson>("diagnostics");
  const isAdmin = about.value?.scope === "admin";
  return (
    <>
      <div class="controls">
        <Range />
      </div>
      <Tiles report={report} now={now} findings={findings} />
      <Card title="Machines" about={`usage: ${rangeText()}; per minute: last 10 minutes`}>
        <ReportView report={report} empty={<NoMachines />}>
          {({ json }) => (
            <ListTable
              report={report}
              list="machines"
              columns={columnsOf(report, json, now, findings)}
              caption="Machines, those that used most first"
            />
          )}
        </ReportView>
      </Card>
      <Findings report={findings} />
      {isAdmin && <Invite />}
      {isAdmin && <AuditLog report={report} />}
    </>
  );
}

const NoMachines = () => (
  <>
    No machine has joined yet. <code>pawprint invite NAME</code> on the hub prints the line to run on the machine.
  </>
);

/** What a page may be asked for at once: the state of the fleet in four numbers. */
function Tiles({
  report,
  now,
  findings,
}: {
  report: PageReport<MachinesJson>;
  now: PageReport<NowJson>;
  findings: PageReport<DiagnosticsJson>;
}) {
  const [fleet, current, found] = [report.data?.json, now.data?.json, findings.data?.json];
  return (
    <>
      <Tile
        title="Online"
        value={
          <>
            <Value report={report} field="online" kind="integer" /> of{" "}
            <Value report={report} field="known" kind="integer" />
          </>
        }
      >
        {fleet && fleet.newestProgram !== null && (
          <>
            newest: Pawprint <Value report={report} field="newestProgram" kind="text" />
            {fleet.newestClaude !== null && (
              <>
                , Claude Code <Value report={report} field="newestClaude" kind="text" />
              </>
            )}
          </>
        )}
      </Tile>
      <Tile title="Usage" about={rangeText()} value={<Value report={report} field="totals.totalCost" kind="money" />}>
        <Value report={report} field="totals.totalTokens" kind="tokens" short /> tokens
      </Tile>
      <Tile
        title="Burn rate"
        about={current?.burn && <>last {current.burn.minutes} min</>}
        value={
          current?.burn ? (
            <>
              <Value report={now} field="burn.tokensPerMinute" kind="tokens" short />
              /min
            </>
          ) : (
            current && "idle"
          )
        }
      >
        {current?.burn && (
          <>
            <Value report={now} field="burn.costPerHour" kind="money" /> an hour,{" "}
            <Value report={now} field="burn.machines" kind="integer" />{" "}
            {current.burn.machines === 1 ? "machine" : "machines"}
          </>
        )}
        {current && !current.burn && "no response in the last 10 minutes"}
      </Tile>
      <Tile title="Open findings" value={found && <Value report={findings} field="open" kind="integer" />}>
        {found && (found.machines?.length === 0 ? "no machine sends its log" : "about Claude Code's installation")}
      </Tile>
    </>
  );
}

function columnsOf(
  report: PageReport,
  json: MachinesJson,
  now: PageReport<NowJson>,
  findings: PageReport<DiagnosticsJson>,
): readonly ListColumn<MachineEntry>[] {
  const current = now.data?.json.machines ?? [];
  const logs = findings.data?.json.machines ?? [];
  const hasSome = (is: (one: MachineEntry) => boolean): boolean => json.machines.some(is);
  return [
    {
      head: "machine",
      class: "name",
      cell: (machine, path) => (
        <>
          <a
            data-row
            class="clip"
            title={machine.name}
            href={hrefOf("/machines", { machine: machine.name, person: null, last: param("last") })}
          >
            {machine.name}
          </a>
          {machine.person !== "" && <span class="soft clip">&nbsp;{machine.person}</span>}
          <Flaws report={report} machine={machine} path={path} />
        </>
      ),
    },
    { head: "state", cell: (machine, path) => <State report={report} machine={machine} path={path} /> },
    {
      head: "last hour",
      cell: ({ name }) => {
        const found = current.find(({ machine }) => machine === name);
        return found && found.lastAt !== null ? <Spark values={found.perMinute} /> : "";
      },
    },
    {
      head: "per min",
      kind: "tokens",
      cell: ({ name }) => {
        const at = current.findIndex(({ machine }) => machine === name);
        return at < 0 ? UNKNOWN : <Value report={now} field={`machines.${at}.tokensPerMinute`} kind="tokens" short />;
      },
    },
    { head: "cost", field: "totalCost", kind: "money" },
    {
      head: "share",
      class: "nowrap",
      cell: ({ share }, path) => (
        <>
          <Meter percent={share} /> <Value report={report} field={`${path}.share`} kind="percent" />
        </>
      ),
    },
    {
      head: "tokens",
      kind: "tokens",
      cell: (_, path) => <Value report={report} field={`${path}.totalTokens`} kind="tokens" short />,
    },
    {
      head: "findings",
      kind: "integer",
      cell: ({ name }) => {
        const at = logs.findIndex(({ machine }) => machine === name);
        return at < 0 ? UNKNOWN : <Value report={findings} field={`machines.${at}.open`} kind="integer" />;
      },
    },
    ...(hasSome(({ pending }) => pending > 0) ? [{ head: "to send", field: "pending", kind: "integer" } as const] : []),
    {
      head: "Pawprint",
      cell: (machine, path) => <ProgramVersion report={report} machine={machine} path={path} />,
    },
    {
      head: "Claude Code",
      cell: (machine, path) => <ClaudeVersions report={report} machine={machine} path={path} />,
    },
  ];
}
