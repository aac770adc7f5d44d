import { Fragment } from "preact";
import { about } from "../../client/about.ts";
import type { PageReport } from "../../client/reports.ts";
import { fieldOf } from "../../field.ts";
import { Card } from "../../parts/Card.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { Value } from "../../parts/Value.tsx";

/** What usage was worth against the plan, what the cache saved, how tools went, and the kinds of tokens. */
export function Worth({
  change,
  cache,
  tools,
  series,
}: {
  change: PageReport;
  cache: PageReport;
  tools: PageReport;
  series: PageReport;
}) {
  // A hub has the usage of several people, and no plan.
  const isOwn = about.value?.kind === "machine";
  const hasPlan = fieldOf(change.data?.json, "plan") !== undefined;
  return (
    <Card title={hasPlan ? "What it was worth" : "What it cost"} width={3}>
      <div class="stack">
        <div>
          <ReportView report={change} notes={false}>
            {() => (
              <>
                <b class="medium">
                  <Value report={change} field={hasPlan ? "plan.listPriceDollars" : "totals.cost"} kind="money" />
                </b>
                <p class="soft">
                  at list prices
                  {hasPlan ? (
                    <>
                      , <Value report={change} field="plan.ratio" kind="factor" /> your plan's{" "}
                      <Value report={change} field="plan.rangeDollars" kind="money" /> for{" "}
                      <Value report={change} field="plan.days" kind="integer" /> days
                    </>
                  ) : (
                    isOwn && "; PET_PLAN_USD, what your plan costs a month, compares it with that"
                  )}
                </p>
              </>
            )}
          </ReportView>
        </div>
        <div>
          <h2>Cache</h2>
          <ReportView report={cache} notes={false}>
            {({ json }) => (
              <>
                <b class="medium">
                  <Value report={cache} field="totals.hitPercent" kind="percent" />
                </b>
                <p class="soft">
                  of prompts read from it, <Value report={cache} field="totals.saved" kind="money" /> saved
                  {fieldOf(json, "totals.estimate") !== null && (
                    <>
                      , about <Value report={cache} field="totals.estimate.lost" kind="money" /> lost to expiry
                    </>
                  )}
                </p>
              </>
            )}
          </ReportView>
        </div>
        <div>
          <h2>Tools</h2>
          <ReportView report={tools} notes={false}>
            {({ json }) => (
              <p class="soft">
                <Value report={tools} field="totals.uses" kind="integer" /> uses,{" "}
                <Value report={tools} field="totals.succeededPercent" kind="percent" /> succeeded
                {fieldOf(json, "totals.p95DurationMs") !== null && (
                  <>
                    , half within <Value report={tools} field="totals.p50DurationMs" kind="latency" short />, 95% within{" "}
                    <Value report={tools} field="totals.p95DurationMs" kind="latency" short />
                  </>
                )}
              </p>
            )}
          </ReportView>
        </div>
        <div>
          <h2>Kinds of tokens</h2>
          <Kinds series={series} />
        </div>
      </div>
    </Card>
  );
}

const KINDS = [
  ["inputTokens", "input"],
  ["outputTokens", "output"],
  ["cacheCreationTokens", "cache write"],
  ["cacheReadTokens", "cache read"],
] as const;

/** The kinds of tokens of the range. */
const Kinds = ({ series }: { series: PageReport }) => (
  <ReportView report={series} notes={false}>
    {({ json }) => {
      const sizes = KINDS.map(([field]) => Number(fieldOf(json, `totals.${field}`) ?? 0));
      const most = Math.max(...sizes, 1);
      return (
        <dl class="kinds">
          {KINDS.map(([field, name], at) => (
            <Fragment key={field}>
              <dt>{name}</dt>
              <dd class="bar">
                <i class="fill-0" style={{ width: `${((sizes[at] ?? 0) / most) * 100}%` }} />
              </dd>
              <dd>
                <Value report={series} field={`totals.${field}`} kind="tokens" short />
              </dd>
            </Fragment>
          ))}
        </dl>
      );
    }}
  </ReportView>
);
