import type { ValueKind } from "../../render/format.ts";
import type { PageReport } from "../client/reports.ts";
import { fieldOf } from "../field.ts";
import { timezone } from "../client/location.ts";
import { valueText } from "../text.ts";

/** Money is in dollars in JSON, and in micro-dollars where texts are made; times are ISO 8601 in JSON. */
function cellOf(kind: ValueKind, found: unknown): number | string | null {
  const value = typeof found === "number" || typeof found === "string" ? found : null;
  if (kind === "money" && typeof value === "number") return Math.round(value * 1e6);
  if (kind === "time" && typeof value === "string") return Date.parse(value);
  return value;
}

/** A value of a report's JSON as a text, for titles and labels. */
export const jsonText = (kind: ValueKind, value: number | string | null, isShort = false): string =>
  valueText(kind, cellOf(kind, value), timezone.value, isShort);

/**
 * A number of a report, by the name of its field in the report's JSON. It carries where it comes from: the question, and the field, by
 * which it can be compared with the answer of the command line.
 */
export function Value({
  report,
  field,
  kind,
  short = false,
}: {
  report: PageReport;
  field: string;
  kind: ValueKind;
  /** 38.4M instead of 38,412,345; the full number is then the title. */
  short?: boolean;
}) {
  const found = fieldOf(report.data?.json, field);
  const cell = cellOf(kind, found);
  const text = valueText(kind, cell, timezone.value, short);
  return (
    <data
      value={typeof found === "number" || typeof found === "string" ? String(found) : ""}
      data-report={report.question}
      data-field={field}
      {...(short && { title: valueText(kind, cell, timezone.value) })}
    >
      {text}
    </data>
  );
}
