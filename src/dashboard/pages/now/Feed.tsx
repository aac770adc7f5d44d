import type { FeedJson } from "../../../reports/feed.ts";
import { hrefOf, timezone } from "../../client/location.ts";
import { useReport } from "../../client/reports.ts";
import { Card } from "../../parts/Card.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { Value } from "../../parts/Value.tsx";
import { systemClock } from "../../../utils/clock.ts";
import { clockSeconds, dayAndTime } from "../../text.ts";

const SHOWN = 7;
const DAY_MS = 86_400_000;

/** The newest responses, each with a link to its session. */
export function Feed({ isHub }: { isHub: boolean }) {
  const report = useReport<FeedJson>("feed", { limit: SHOWN });
  const assistants = new Set(report.data?.json.feed.map(({ source }) => source));
  return (
    <Card title="Just now" width={5}>
      <ReportView report={report} notes={false}>
        {({ json }) => (
          <div class="scroll" tabIndex={0} role="region" aria-label="The newest responses">
            <table>
              <caption class="hidden">The newest responses</caption>
              <thead>
                <tr>
                  <th scope="col">time</th>
                  <th scope="col">project</th>
                  <th scope="col" class="wide">
                    model
                  </th>
                  <th scope="col" class="n">
                    tokens
                  </th>
                  <th scope="col" class="n">
                    cost
                  </th>
                </tr>
              </thead>
              <tbody>
                {json.feed.map((one, at) => (
                  <tr key={at}>
                    <td class="soft">{timeText(Date.parse(one.at))}</td>
                    <td class="fill" title={`${one.project} ${one.branch}`}>
                      <a data-row href={hrefOf(`/sessions/${encodeURIComponent(one.session)}`)}>
                        {one.projectName}
                      </a>{" "}
                      <span class="soft">
                        {isHub && one.machine} {one.agent}
                      </span>
                    </td>
                    <td class="wide model" title={one.model}>
                      {assistants.size > 1 && one.source !== "claude-code" && `${one.assistant} `}
                      {one.modelName}
                    </td>
                    <td class="n">
                      <Value report={report} field={`feed.${at}.tokens`} kind="tokens" short />
                    </td>
                    <td class="n">
                      <Value report={report} field={`feed.${at}.cost`} kind="money" />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </ReportView>
    </Card>
  );
}

/** A time of the last day with seconds, an older one with its day. */
const timeText = (ms: number): string =>
  systemClock.now() - ms < DAY_MS ? clockSeconds(timezone.value, ms) : dayAndTime(timezone.value, ms);
