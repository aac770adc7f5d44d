import { share } from "../../render/format.ts";
import type { PageReport } from "../client/reports.ts";
import { fieldOf } from "../field.ts";

/** The change of a number in percent, without its sign: "12.3%" and, by `words` or signs, whether it is more or less. */
export function Change({
  report,
  field,
  words = false,
  none = "new",
}: {
  report: PageReport;
  field: string;
  /** "12.3% less" instead of "▼ 12.3%". */
  words?: boolean;
  /** What is shown where nothing was before. */
  none?: string;
}) {
  const value = fieldOf(report.data?.json, field);
  if (typeof value !== "number") return <>{none}</>;
  const size = (
    <data value={String(value)} data-report={report.question} data-field={field}>
      {share(Math.abs(value))}
    </data>
  );
  if (words)
    return value === 0 ? (
      <>as much</>
    ) : (
      <>
        {size} {value > 0 ? "more" : "less"}
      </>
    );
  return (
    <>
      {value !== 0 && (
        <span role="img" aria-label={value > 0 ? "more by" : "less by"}>
          {value > 0 ? "▲" : "▼"}
        </span>
      )}{" "}
      {size}
    </>
  );
}
