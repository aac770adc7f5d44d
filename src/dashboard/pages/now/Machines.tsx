import type { NowJson } from "../../../reports/now.ts";
import { hrefOf } from "../../client/location.ts";
import type { PageReport } from "../../client/reports.ts";
import { Spark } from "../../charts/Spark.tsx";
import { Card } from "../../parts/Card.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { Value } from "../../parts/Value.tsx";
import { ageText, UNKNOWN } from "../../text.ts";

/** Machines that are shown: those that use most. */
const SHOWN = 7;

/** The machines of a hub, those that use most now first. */
export function Machines({ report }: { report: PageReport<NowJson> }) {
  const { online = null, known = null, machines = [], at = "" } = report.data?.json ?? {};
  const about =
    online === null ? undefined : (
      <>
        <Value report={report} field="online" kind="integer" /> of{" "}
        <Value report={report} field="known" kind="integer" /> online
      </>
    );
  return (
    <Card title="Machines" about={known === null ? undefined : about} width={4}>
      <ReportView report={report} isEmpty={machines.length === 0} empty="The hub has no machines yet." notes={false}>
        {() => (
          <table>
            <caption class="hidden">Tokens of each machine in the last hour</caption>
            <thead>
              <tr>
                <th scope="col">machine</th>
                <th scope="col">last hour</th>
                <th scope="col" class="n">
                  per min
                </th>
                <th scope="col" class="n">
                  seen
                </th>
              </tr>
            </thead>
            <tbody>
              {machines.slice(0, SHOWN).map(({ machine, isOnline, seenAt, perMinute }, index) => (
                <tr key={machine}>
                  <td class="fill" title={machine ?? ""}>
                    <i class={isOnline ? "dot" : "dot off"} role="img" aria-label={isOnline ? "online" : "offline"} />
                    {machine}
                  </td>
                  <td>{perMinute.some((tokens) => tokens > 0) && <Spark values={perMinute} />}</td>
                  <td class="n">
                    <Value report={report} field={`machines.${index}.tokensPerMinute`} kind="tokens" short />
                  </td>
                  <td class="n soft">
                    {isOnline ? "now" : seenAt === null ? UNKNOWN : ageText(Date.parse(at) - Date.parse(seenAt))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </ReportView>
      {machines.length > SHOWN && (
        <a class="more" href={hrefOf("/machines")}>
          All {machines.length} machines
        </a>
      )}
    </Card>
  );
}
