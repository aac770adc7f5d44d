import { param, setParams } from "../client/location.ts";
import type { PageReport } from "../client/reports.ts";
import { Value } from "./Value.tsx";

/** The most pages that are counted. */
const MOST = 1_000_000;

/** The page that the address names, from 0. */
const pageAt = (): number => Math.min(Math.max(Math.floor(Number(param("page") ?? 1)) || 1, 1), MOST) - 1;

/** The options of a report for the rows of the page that the address names. */
export const pageParams = (rows: number) => ({ limit: rows, offset: pageAt() === 0 ? null : pageAt() * rows });

/** Steps through the pages of a report with many rows; nothing where all are shown. */
export function Pager({ report, rows, what }: { report: PageReport; rows: number; what: string }) {
  const { showing } = (report.data?.json ?? {}) as { readonly showing?: { readonly of: number } };
  if (!showing) return null;
  const [page, last] = [pageAt(), Math.max(Math.ceil(showing.of / rows) - 1, 0)];
  const go = (to: number) => (event: MouseEvent & { readonly currentTarget: HTMLElement }) => {
    setParams({ page: to === 0 ? null : String(to + 1) });
    // From the end of a long page to the beginning of the next one.
    const card = event.currentTarget.closest("section");
    if (card && card.getBoundingClientRect().top < 0) card.scrollIntoView();
  };
  return (
    <div class="pager">
      <span class="soft">
        page {page + 1} of {last + 1}, <Value report={report} field="showing.of" kind="integer" /> {what}
      </span>
      <button type="button" disabled={page === 0} onClick={go(page - 1)}>
        ◀ Previous
      </button>
      <button type="button" disabled={page >= last} onClick={go(page + 1)}>
        Next ▶
      </button>
    </div>
  );
}
