import { useEffect, useState } from "preact/hooks";
import { timezone } from "../../client/location.ts";
import type { PageReport } from "../../client/reports.ts";
import { Card } from "../../parts/Card.tsx";
import { More } from "../../parts/ReportTable.tsx";
import { Loading, Problem } from "../../parts/ReportView.tsx";
import { dayAndTime } from "../../text.ts";
import { type AuditLine, auditLog } from "./actions.ts";
import { useAction } from "./useAction.ts";

/** Entries that are asked for, and those that are shown at first. */
const [MOST, FEW] = [100, 8];

/** Who did what at the hub, for admins; asked again whenever `report` was answered anew. */
export function AuditLog({ report: { at } }: { report: PageReport }) {
  const [entries, setEntries] = useState<readonly AuditLine[] | null>(null);
  const { problem, run } = useAction();
  const [isAll, setAll] = useState(false);
  useEffect(() => void run(async () => setEntries(await auditLog(MOST))), [at]);
  return (
    <Card title="Who did what" width={7} about="invitations, logins, names, revocations; newest first">
      {problem && problem.code !== "offline" && <Problem problem={problem} />}
      {!entries && !problem && <Loading />}
      {entries?.length === 0 && <p class="soft">Nothing yet.</p>}
      {entries && entries.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Who did what at the hub">
          <table>
            <thead>
              <tr>
                <th scope="col">time</th>
                <th scope="col">who</th>
                <th scope="col">what</th>
                <th scope="col">about</th>
              </tr>
            </thead>
            <tbody>
              {entries.slice(0, isAll ? MOST : FEW).map((entry, index) => (
                <tr key={index}>
                  <td class="soft">{dayAndTime(timezone.value, Date.parse(entry.at))}</td>
                  <td class="name">
                    <span class="clip" title={entry.actor}>
                      {entry.actor}
                    </span>
                  </td>
                  <td>{entry.what}</td>
                  <td class="fill" title={entry.detail}>
                    {entry.detail}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {entries && <More total={entries.length} few={FEW} isAll={isAll} setAll={setAll} />}
    </Card>
  );
}
