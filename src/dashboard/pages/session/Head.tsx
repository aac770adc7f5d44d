import { systemClock } from "../../../utils/clock.ts";
import type { PageReport } from "../../client/reports.ts";
import { hrefOf, timezone } from "../../client/location.ts";
import { Card, Fact } from "../../parts/Card.tsx";
import { CopyCommand } from "../../parts/CopyCommand.tsx";
import { Name } from "../../parts/Name.tsx";
import { Value } from "../../parts/Value.tsx";
import { ageText, clockTime, dayAndTime, localDate, modelText, projectText } from "../../text.ts";
import type { SessionJson } from "./session-json.ts";

/** What a session was and used in all, and how to go on with it. */
export function SessionHead({ report, json: { session } }: { report: PageReport; json: SessionJson }) {
  const { assistant, version, machine, model, project, branch, resume } = session;
  const where = [branch && `⎇ ${branch}`, machine, `${assistant} ${version ?? ""}`.trim(), model && modelText(model)];
  const value = (field: string, kind: "integer" | "tokens" | "money" | "percent", short = false) => (
    <Value report={report} field={`session.${field}`} kind={kind} short={short} />
  );
  return (
    <Card
      title={
        <>
          <Name>{projectText(project)}</Name>{" "}
          <span class="soft">
            {where
              .filter((text) => text !== null && text !== "")
              .map((text, at) => (
                <span key={at}>
                  {at > 0 && " · "}
                  <Name>{text ?? ""}</Name>
                </span>
              ))}
          </span>
        </>
      }
      about={<When session={session} report={report} />}
    >
      <div class="numbers">
        <Fact value={value("cost", "money")}>cost</Fact>
        <Fact value={value("tokens", "tokens", true)}>
          tokens
          {session.cacheReadPercent !== null && <>, {value("cacheReadPercent", "percent")} of prompts cached</>}
        </Fact>
        <Fact value={value("prompts", "integer")}>
          {session.prompts === 1 ? "prompt" : "prompts"}
          {session.tokens !== null && (
            <>
              , {value("responses", "integer")} {session.responses === 1 ? "response" : "responses"}
            </>
          )}
        </Fact>
        <Fact value={value("tools", "integer")}>
          {session.tools === 1 ? "tool use" : "tool uses"}, {value("failedTools", "integer")} failed
        </Fact>
        <Fact
          value={
            <>
              +{value("linesAdded", "integer")} −{value("linesRemoved", "integer")}
            </>
          }
        >
          lines in {value("files", "integer")} {session.files === 1 ? "file" : "files"}
        </Fact>
        <Fact value={value("commits", "integer")}>{session.commits === 1 ? "commit" : "commits"}</Fact>
      </div>
      <div class="actions">
        {project && (
          <a class="button" href={hrefOf("/sessions", { project })}>
            Sessions of <Name>{projectText(project)}</Name>
          </a>
        )}
        {resume !== null && (
          <CopyCommand command={resume} next="in the project's folder" label="The command that continues the session">
            Copy resume command
          </CopyCommand>
        )}
      </div>
    </Card>
  );
}

/** Thu 26 Nov 09:12 to 11:48, 2h36m, ended: exit. */
function When({ session: { from, to, endReason }, report }: { session: SessionJson["session"]; report: PageReport }) {
  const zone = timezone.value;
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const isSameDay = localDate(zone, start) === localDate(zone, end);
  const ago = ageText(systemClock.now() - end);
  return (
    <>
      {dayAndTime(zone, start)} to {isSameDay ? clockTime(zone, end) : dayAndTime(zone, end)},{" "}
      <Value report={report} field="session.durationMs" kind="duration" />,{" "}
      {endReason === null ? `last seen ${ago === "now" ? ago : `${ago} ago`}` : `ended: ${endReason}`}
    </>
  );
}
