import { csvOfCells } from "../render/csv.ts";
import type { ReportData } from "../reports/shared/data/data.ts";

/** The text that `pawprint NAME --csv` prints for the same question. */
export const csvOfReport = ({ columns, rows }: Pick<ReportData, "columns" | "rows">): string =>
  csvOfCells(columns, rows);
