import type { Report } from "../../../reports/contract.ts";
import { overview } from "../../../reports/overview.ts";
import { nowData } from "./data.ts";
import { columnsFor, layOutPanels } from "./layout.ts";
import { nowPanels } from "./panels.ts";

/**
 * The first page as a report: drawn as panels in `height()` lines, with notes below them, or as the overview where there is no
 * usage. `period` names the range of the query.
 */
export const nowReport = (height: () => number, period: string): Report => ({
  name: "now",
  description: "burn rate, limits, sessions at work, projects and models",
  options: [],
  async run(query, context) {
    const data = await nowData(query, context);
    if (data.overview.isEmpty) return overview.run(query, context);
    return {
      columns: [],
      rows: [],
      zone: query.zone,
      empty: "",
      notes: data.overview.notRecorded.notes,
      draw: (style, width) => layOutPanels(nowPanels(data, period, columnsFor(width), style), width, height(), style),
      json: () => ({}),
    };
  },
});
