import { useState } from "preact/hooks";
import type { PageReport } from "../../client/reports.ts";
import { hrefOf, params } from "../../client/location.ts";
import { fieldOf } from "../../field.ts";
import { Card, type CardWidth } from "../../parts/Card.tsx";
import { Change } from "../../parts/Change.tsx";
import { More } from "../../parts/ReportTable.tsx";
import { Meter } from "../../parts/Meter.tsx";
import { ReportView } from "../../parts/ReportView.tsx";
import { Value } from "../../parts/Value.tsx";
import { UNKNOWN } from "../../text.ts";
import { type UsageGrouping, measures, type UsageState } from "./state.ts";

/** Parts that are shown at first. */
const FEW = 8;

const TITLES = {
  model: "Models",
  machine: "Machines",
  project: "Projects",
  person: "Persons",
  branch: "Branches",
  assistant: "Assistants",
} as const;

type Part = { readonly name: string } & Readonly<Record<string, unknown>>;

/** This page for a machine or person alone; for other parts the sessions in which their name is found, if they have one. */
function hrefOfPart(by: UsageGrouping, part: Part): string | null {
  const key = part[by];
  if (typeof key !== "string" || key === "") return null;
  return by === "machine" || by === "person"
    ? hrefOf("/usage", { ...params(), machine: null, person: null, by: null, [by]: part.name })
    : hrefOf("/sessions", { match: part.name });
}

const PartName = ({ name, href }: { name: string; href: string | null }) =>
  href === null ? (
    <>{name}</>
  ) : (
    <a data-row={name} href={href}>
      {name}
    </a>
  );

/** Each part's share, its number, and the change against the period before. */
export function Parts({
  state: { by, show, period },
  change,
  width,
}: {
  state: UsageState;
  change: PageReport;
  width: CardWidth;
}) {
  const [isAll, setAll] = useState(false);
  const { share, kind, change: changeField } = measures[show];
  return (
    <Card title={TITLES[by]} width={width} about={`against the ${period} before`}>
      <ReportView report={change}>
        {({ json }) => {
          const parts = (fieldOf(json, "parts") as readonly Part[] | undefined) ?? [];
          // Where the ledger begins later, what was before is not known.
          const none = fieldOf(json, "before.recordedFrom") === null ? "new" : UNKNOWN;
          return (
            <>
              <div class="scroll" tabIndex={0} role="region" aria-label={TITLES[by]}>
                <table>
                  <thead>
                    <tr>
                      <th scope="col">{by}</th>
                      <th scope="col">share</th>
                      <th scope="col" class="n">
                        {show}
                      </th>
                      <th scope="col" class="n">
                        change
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {parts.slice(0, isAll ? undefined : FEW).map((part, at) => (
                      <tr key={part.name}>
                        <td class="fill" title={part.name}>
                          <PartName name={part.name} href={hrefOfPart(by, part)} />
                        </td>
                        <td>
                          <Meter percent={Number(fieldOf(json, `parts.${at}.${share}`) ?? 0)} />{" "}
                          <Value report={change} field={`parts.${at}.${share}`} kind="percent" />
                        </td>
                        <td class="n">
                          <Value report={change} field={`parts.${at}.${show}`} kind={kind} short />
                        </td>
                        <td class="n soft">
                          <Change report={change} field={`parts.${at}.${changeField}`} none={none} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <More total={parts.length} few={FEW} isAll={isAll} setAll={setAll} />
            </>
          );
        }}
      </ReportView>
    </Card>
  );
}
