import type { ComponentChildren } from "preact";
import type { PageReport } from "../client/reports.ts";

/** What a part shows of a report: its content, or in its place that it loads, failed or is empty. */
export function ReportView<Json>({
  report,
  children,
  empty,
  isEmpty = report.data?.isEmpty === true,
  notes = true,
}: {
  report: PageReport<Json>;
  /** The content; called only with an answer that is not empty. */
  children: (data: NonNullable<PageReport<Json>["data"]>) => ComponentChildren;
  /** Instead of the report's own sentence for an empty answer. */
  empty?: ComponentChildren;
  /** Whether there is nothing to show, if the report's own word for the whole of it does not say. */
  isEmpty?: boolean;
  /** Whether the report's notes are shown below. */
  notes?: boolean;
}) {
  const { data, problem } = report;
  if (!data) return problem ? <Problem problem={problem} /> : <Loading />;
  return (
    <>
      {problem && problem.code !== "offline" && <Problem problem={problem} />}
      {isEmpty ? <p class="soft">{empty ?? data.empty}</p> : children(data)}
      {notes && data.notes.length > 0 && <Notes notes={data.notes} isOpen={data.isEmpty} />}
    </>
  );
}

/** In the place of what is not there yet. */
export const Loading = () => <div class="loading" role="status" aria-label="Loading" />;

/** Why something is not shown, and what to do. */
export function Problem({ problem }: { problem: { readonly message: string; readonly hint: string } }) {
  return (
    <p class="problem" role="alert">
      <b>{problem.message}</b>
      {problem.hint !== "" && <span class="soft"> {problem.hint}</span>}
    </p>
  );
}

/** What is estimated, not known or without a price, as the report says it. */
export function Notes({ notes, isOpen = false }: { notes: readonly string[]; isOpen?: boolean }) {
  return (
    <details class="notes" open={isOpen}>
      <summary>{notes.length === 1 ? "1 note" : `${notes.length} notes`}</summary>
      <ul>
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </details>
  );
}
