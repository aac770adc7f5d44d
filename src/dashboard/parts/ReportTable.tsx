import { useState } from "preact/hooks";
import type { ReportData } from "../../reports/shared/data/data.ts";
import { valueFormats } from "../../render/format.ts";
import { timezone } from "../client/location.ts";
import type { PageReport } from "../client/reports.ts";
import { valueText } from "../text.ts";
import { LinkRow } from "./LinkRow.tsx";
import { SortHead, type SortOrder } from "./sorting.tsx";

/** Texts longer than this are cut where a table is narrow; their title has them in full. */
const LONG_TEXT = 24;

/** A table of a report as the command line prints it, or some of its columns by name. Its cells carry where they come from. */
export function ReportTable({
  report,
  columns,
  caption,
  rows: most,
  hrefOfRow,
  sorted,
  isFitted = false,
}: {
  report: PageReport;
  /** Names of the columns to show, in this order; all if missing. */
  columns?: readonly string[];
  caption: string;
  /** Rows that are shown at first, with a button for all; all if missing. */
  rows?: number;
  /** What a row opens, by its place: a click on it, Enter, and the link in its first cell go there. */
  hrefOfRow?: (row: number) => string;
  /** Heads are buttons that sort, by the order of the address or else this one; the report is asked with sortParams. */
  sorted?: SortOrder;
  /** On narrow screens columns are left out, as in a narrow terminal: by their priority. */
  isFitted?: boolean;
}) {
  const [isAll, setAll] = useState(false);
  const { data, question } = report;
  if (!data) return null;
  const places = columns
    ? columns.flatMap((name) => data.columns.flatMap((one, at) => (one.name === name ? [at] : [])))
    : data.columns.map((_, at) => at);
  const parts = new Set(data.parts);
  const rows = most === undefined || isAll ? data.rows : data.rows.slice(0, most);
  const hasTotals = data.columns.some(({ total }) => total !== undefined);
  const kindOf = (at: number) => data.columns[at]?.kind ?? "text";
  const classOf = (at: number): string =>
    `${valueFormats[kindOf(at)].isText ? "text" : "n"}${isFitted ? widthClass(data.columns[at]?.priority ?? 0) : ""}`;
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
        <table data-report={question} class={isFitted ? "fitted" : ""}>
          <caption class="hidden">{caption}</caption>
          <thead>
            <tr>
              {places.map((at) => {
                const name = data.columns[at]?.name ?? "";
                if (sorted) return <SortHead key={at} name={name} kind={kindOf(at)} own={sorted} class={classOf(at)} />;
                return (
                  <th key={at} scope="col" class={classOf(at)}>
                    {name}
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {rows.map((cells, row) => {
              const href = hrefOfRow?.(row);
              return (
                <LinkRow key={row} href={href} class={parts.has(row) ? "part" : ""}>
                  {places.map((at, place) => {
                    const text = cellOf(data.columns, cells, at);
                    return (
                      <td key={at} class={classOf(at)} {...(text.length > LONG_TEXT && { title: text })}>
                        {href !== undefined && place === 0 ? (
                          <a href={href} tabIndex={-1}>
                            {text}
                          </a>
                        ) : (
                          text
                        )}
                      </td>
                    );
                  })}
                </LinkRow>
              );
            })}
          </tbody>
          {hasTotals && (
            <tfoot>
              <tr>
                {places.map((at, place) => (
                  <td key={at} class={classOf(at)}>
                    {place === 0 ? "Total" : totalOf(data.columns, at)}
                  </td>
                ))}
              </tr>
            </tfoot>
          )}
        </table>
      </div>
      {most !== undefined && <More total={data.rows.length} few={most} isAll={isAll} setAll={setAll} />}
    </>
  );
}

const widthClass = (priority: number): string => (priority < 13 ? " wide" : priority < 17.5 ? " middle" : "");

/** The button for the rows of a table that are not shown at first; nothing where all are. */
export function More({
  total,
  few,
  isAll,
  setAll,
}: {
  total: number;
  few: number;
  isAll: boolean;
  setAll: (isAll: boolean) => void;
}) {
  if (total <= few) return null;
  return (
    <button type="button" class="more" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
      {isAll ? `Show ${few}` : `Show all ${total}`}
    </button>
  );
}

function cellOf(columns: ReportData["columns"], cells: ReportData["rows"][number], at: number): string {
  const { kind = "text" } = columns[at] ?? {};
  const cell = cells[at] ?? null;
  return cell === null && valueFormats[kind].isText ? "" : valueText(kind, cell, timezone.value);
}

function totalOf(columns: ReportData["columns"], at: number): string {
  const { kind = "text", total } = columns[at] ?? {};
  return total === undefined ? "" : valueText(kind, total, timezone.value);
}
