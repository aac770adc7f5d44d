import { timezone } from "../../client/location.ts";
import type { PageReport } from "../../client/reports.ts";
import { type ListColumn, ListTable } from "../../parts/ListTable.tsx";
import { Value } from "../../parts/Value.tsx";
import { clockTime, dayAndTime, localDate } from "../../text.ts";
import type { SessionJson } from "./session-json.ts";

/** Rows of a list that are shown before somebody asks for the others. */
const ROWS_SHOWN = 12;

/** Changed files, git operations and links of a session. */
export function SessionLists({ report, json }: { report: PageReport; json: SessionJson }) {
  const { files, git, links, session, leftOut } = json;
  return (
    <>
      {files.length === 0 ? (
        <p class="soft">No file was changed, as far as is recorded.</p>
      ) : (
        <FileTable report={report} project={session.project ?? ""} />
      )}
      {leftOut.files > 0 && (
        <p class="readout soft">
          <Value report={report} field="leftOut.files" kind="integer" /> with fewer changes are not listed.
        </p>
      )}
      {git.length > 0 && (
        <>
          <h2 class="next">Git</h2>
          <ListTable<SessionJson["git"][number]>
            report={report}
            list="git"
            caption="Git operations"
            rows={ROWS_SHOWN}
            hasHead={false}
            columns={[
              timeColumn(session),
              {
                head: "operation",
                cell: ({ operation, ok }) => (
                  <span class={ok === false ? "bad" : ""}>
                    {operation.replaceAll("_", " ")}
                    {ok === false && ", failed"}
                  </span>
                ),
              },
              { head: "branch", field: "branch", class: "soft mono fill" },
            ]}
          />
        </>
      )}
      {links.length > 0 && (
        <>
          <h2 class="next">Links</h2>
          <ListTable<SessionJson["links"][number]>
            report={report}
            list="links"
            caption="Links"
            rows={ROWS_SHOWN}
            hasHead={false}
            columns={[
              timeColumn(session),
              { head: "kind", field: "kind" },
              { head: "address", class: "fill", cell: ({ target }) => <Link target={target} /> },
            ]}
          />
        </>
      )}
    </>
  );
}

const FileTable = ({ report, project }: { report: PageReport; project: string }) => (
  <ListTable<SessionJson["files"][number]>
    report={report}
    list="files"
    caption="Changed files"
    hasHead={false}
    rows={ROWS_SHOWN}
    columns={[
      {
        head: "file",
        class: "fill mono",
        cell: ({ path }) => <span title={path}>{belowProject(path, project)}</span>,
      },
      {
        head: "lines",
        class: "n soft",
        cell: (_, path) => (
          <>
            +<Value report={report} field={`${path}.added`} kind="integer" /> −
            <Value report={report} field={`${path}.removed`} kind="integer" />
          </>
        ),
      },
    ]}
  />
);

/** The time of something in a session; with its day if the session has several. */
function timeColumn({ from, to }: SessionJson["session"]): ListColumn<{ readonly at: string }> {
  const zone = timezone.value;
  const isOneDay = localDate(zone, Date.parse(from)) === localDate(zone, Date.parse(to));
  const textOf = isOneDay ? clockTime : dayAndTime;
  return { head: "time", class: "soft", cell: ({ at }) => <time dateTime={at}>{textOf(zone, Date.parse(at))}</time> };
}

/** A path as seen from the project's directory, where it lies below it. */
const belowProject = (path: string, project: string): string =>
  project !== "" && path.startsWith(`${project}/`) ? path.slice(project.length + 1) : path;

/** An address to follow, if it is one of the web. */
function Link({ target }: { target: string }) {
  if (!/^https?:\/\//i.test(target)) return <span class="mono">{target}</span>;
  return (
    <a href={target} target="_blank" rel="noopener noreferrer">
      {target.replace(/^https?:\/\//i, "")}
    </a>
  );
}
