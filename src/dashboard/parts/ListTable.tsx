import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type ValueKind, valueFormats } from "../../render/format.ts";
import type { PageReport } from "../client/reports.ts";
import { fieldOf } from "../field.ts";
import { More } from "./ReportTable.tsx";
import { Value } from "./Value.tsx";

/** A column of a list in the JSON of a report: a field of its entries, or something drawn of them. */
export interface ListColumn<Entry> {
  readonly head: string;
  readonly field?: string;
  readonly kind?: ValueKind;
  /** Instead of the value of the field. */
  readonly cell?: (entry: Entry, path: string) => ComponentChildren;
  readonly class?: string;
}

/** A list of a report's JSON as a table, by the name of the list. */
export function ListTable<Entry>({
  report,
  list,
  columns,
  caption,
  rows: few,
  hasHead = true,
}: {
  report: PageReport;
  list: string;
  columns: readonly ListColumn<Entry>[];
  caption: string;
  /** Rows that are shown at first, with a button for all; all if missing. */
  rows?: number;
  /** Whether the heads are shown; a screen reader has them always. */
  hasHead?: boolean;
}) {
  const [isAll, setAll] = useState(false);
  const entries = (fieldOf(report.data?.json, list) ?? []) as readonly Entry[];
  const classOf = ({ kind = "text", class: own = "" }: ListColumn<Entry>): string =>
    `${valueFormats[kind].isText || kind === "time" ? "" : "n"} ${own}`.trim();
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
        <table>
          <caption class="hidden">{caption}</caption>
          <thead class={hasHead ? "" : "hidden"}>
            <tr>
              {columns.map((column) => (
                <th key={column.head} scope="col" class={classOf(column)}>
                  {column.head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {entries.slice(0, isAll ? undefined : few).map((entry, at) => (
              <tr key={at}>
                {columns.map((column) => (
                  <td key={column.head} class={classOf(column)}>
                    {column.cell?.(entry, `${list}.${at}`) ?? (
                      <Value report={report} field={`${list}.${at}.${column.field}`} kind={column.kind ?? "text"} />
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {few !== undefined && <More total={entries.length} few={few} isAll={isAll} setAll={setAll} />}
    </>
  );
}
