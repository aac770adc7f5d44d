import type { ReportResult } from "../../reports/shared/report.ts";
import { fields, listOf } from "../../utils/json.ts";
import { jsonText } from "../../utils/terminal.ts";

/** A list of the document, and the name of the list in the JSON of the report that it comes from. */
export interface ExportedList {
  readonly name: string;
  readonly list: string;
  run(): Promise<ReportResult>;
}

/** Length of the text after which a part is passed on. */
const PART_LENGTH = 65_536;

/**
 * The text of an export in parts of whole lines, each about 64 KB and without its last newline: the fields of the head, a line for
 * each row of each list, then the totals of all lists and the notes. Each report runs when the rows before its own have been passed
 * on, so that only the rows of one are in memory.
 */
export async function* documentParts(head: object, lists: readonly ExportedList[]): AsyncGenerator<string> {
  const totals: Record<string, unknown> = {};
  const notes = new Set<string>();
  let lines = ["{", ...Object.entries(head).map(([name, value]) => ` ${jsonText(name)}: ${jsonText(value)},`)];
  let length = 0;
  for (const { name, list, run } of lists) {
    const result = await run();
    const json = fields(result.json(result.rows));
    totals[name] = json["totals"];
    for (const note of result.notes) notes.add(note);
    lines.push(` ${jsonText(name)}: [`);
    const rows = listOf(json[list]);
    for (const [index, row] of rows.entries()) {
      const line = `  ${jsonText(row)}${index < rows.length - 1 ? "," : ""}`;
      lines.push(line);
      length += line.length;
      if (length < PART_LENGTH) continue;
      yield lines.join("\n");
      [lines, length] = [[], 0];
    }
    lines.push(" ],");
  }
  yield [...lines, ` "totals": ${jsonText(totals)},`, ` "notes": ${jsonText([...notes])}`, "}"].join("\n");
}
