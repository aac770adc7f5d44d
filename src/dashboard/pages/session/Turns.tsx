import { useState } from "preact/hooks";
import { lastPart } from "../../../model/project.ts";
import type { PageReport } from "../../client/reports.ts";
import { timezone } from "../../client/location.ts";
import { Name } from "../../parts/Name.tsx";
import { Value } from "../../parts/Value.tsx";
import { clockTime, dayAndTime, localDate, modelText } from "../../text.ts";
import type { SessionJson, SessionTurn } from "./session-json.ts";
import { type NestedItem, nestedItems } from "./turn-items.ts";

/** Things done in a turn that are shown before somebody asks for the others. */
const ITEMS_SHOWN = 8;

/** What took less than this is shown in milliseconds. */
const LONG_MS = 10_000;

/** The turns of a report's answer, each with what it led to. */
export function TurnList({ report, json }: { report: PageReport; json: SessionJson }) {
  const isOneDay =
    localDate(timezone.value, Date.parse(json.session.from)) === localDate(timezone.value, Date.parse(json.session.to));
  return (
    <>
      <div class="turn heads" aria-hidden="true">
        <span>{isOneDay ? "time" : "day and time"}</span>
        <span />
        <span class="n">lasted</span>
        <span class="n">tokens</span>
        <span class="n">cost</span>
      </div>
      <ol class={isOneDay ? "turns" : "turns days"}>
        {json.turns.map((turn, at) => (
          <Turn key={turn.number} report={report} json={json} turn={turn} path={`turns.${at}`} isOneDay={isOneDay} />
        ))}
      </ol>
    </>
  );
}

function Turn({
  report,
  json,
  turn,
  path,
  isOneDay,
}: {
  report: PageReport;
  json: SessionJson;
  turn: SessionTurn;
  path: string;
  isOneDay: boolean;
}) {
  const [isAll, setAll] = useState(false);
  const { kind, at, items, itemsLeftOut, responses, durationMs } = turn;
  const nested = nestedItems(items);
  const shown = isAll ? nested : nested.slice(0, ITEMS_SHOWN);
  const time = Date.parse(at);
  return (
    <li data-row tabIndex={0} onKeyDown={openFirst}>
      <div class="turn">
        <time class="soft" dateTime={at} title={dayAndTime(timezone.value, time)}>
          {isOneDay ? clockTime(timezone.value, time) : dayAndTime(timezone.value, time)}
        </time>
        <span>
          {kind === "start" && "before the first prompt"}
          {kind === "prompt" && "prompt"}
          {kind === "prompt" && turn.characters !== null && (
            <>
              , <Value report={report} field={`${path}.characters`} kind="integer" />{" "}
              {turn.characters === 1 ? "character" : "characters"}
            </>
          )}
          {kind === "compaction" && "compaction"}
          {kind === "compaction" && (turn.tokensBefore !== null || turn.tokensAfter !== null) && (
            <>
              , <Value report={report} field={`${path}.tokensBefore`} kind="tokens" short /> →{" "}
              <Value report={report} field={`${path}.tokensAfter`} kind="tokens" short /> tokens
            </>
          )}
        </span>
        <Lasted report={report} path={path} ms={durationMs} />
        <span class="n">
          {turn.tokens !== null && <Value report={report} field={`${path}.tokens`} kind="tokens" short />}
        </span>
        <span class="n">{turn.responses > 0 && <Value report={report} field={`${path}.cost`} kind="money" />}</span>
      </div>
      {responses > 0 && <Responses report={report} json={json} turn={turn} path={path} />}
      {shown.length > 0 && (
        <ul>
          {shown.map((one) => (
            <TurnPart key={one.place} report={report} path={path} one={one} />
          ))}
        </ul>
      )}
      {nested.length > shown.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show all of this turn
        </button>
      )}
      {itemsLeftOut > 0 && shown.length === nested.length && (
        <p class="more soft">
          <Value report={report} field={`${path}.itemsLeftOut`} kind="integer" /> more are not listed
        </p>
      )}
    </li>
  );
}

/** Enter on a turn shows its responses, or what else opens first. */
function openFirst({ key, target, currentTarget }: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  const first = key === "Enter" && target === currentTarget ? currentTarget.querySelector("details") : null;
  if (first) first.open = !first.open;
}

/** How long something took. */
function Lasted({ report, path, ms }: { report: PageReport; path: string; ms: number | null }) {
  return (
    <span class="n soft">
      {ms !== null && (
        <Value report={report} field={`${path}.durationMs`} kind={ms < LONG_MS ? "latency" : "duration"} short />
      )}
    </span>
  );
}

/** The responses of a turn, which open. */
function Responses({
  report,
  json,
  turn,
  path,
}: {
  report: PageReport;
  json: SessionJson;
  turn: SessionTurn;
  path: string;
}) {
  const [isOpen, setOpen] = useState(false);
  const places = isOpen ? json.responses.flatMap((one, place) => (one.turn === turn.number ? [place] : [])) : [];
  return (
    <details class="opens" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <div class="turn part">
          <span />
          <span>
            <Value report={report} field={`${path}.responses`} kind="integer" />{" "}
            {turn.responses === 1 ? "response" : "responses"}
          </span>
        </div>
      </summary>
      {places.map((place) => {
        const { at, model, agent } = json.responses[place] as SessionJson["responses"][number];
        const response = `responses.${place}`;
        return (
          <div key={place} class="turn part">
            <time dateTime={at}>{clockTime(timezone.value, Date.parse(at))}</time>
            <span>
              <Name>{modelText(model)}</Name>
              {agent !== "" && (
                <>
                  , subagent <Name>{agent}</Name>
                </>
              )}
            </span>
            <span />
            <span class="n">
              <Value report={report} field={`${response}.tokens`} kind="tokens" short />
            </span>
            <span class="n">
              <Value report={report} field={`${response}.cost`} kind="money" />
            </span>
          </div>
        );
      })}
      {isOpen && places.length < turn.responses && (
        <p class="more soft">Of a session with so many responses, not all are listed.</p>
      )}
    </details>
  );
}

/** A tool, a change of a file, a git operation, a link or a subagent; what a subagent did opens. */
function TurnPart({
  report,
  path,
  one: { place, item, parts },
}: {
  report: PageReport;
  path: string;
  one: NestedItem;
}) {
  const own = `${path}.items.${place}`;
  const row = (
    <div class="turn part">
      <span />
      <span class={item.ok === false ? "bad" : ""} title={item.target === "" ? undefined : item.target}>
        <ItemText report={report} path={own} item={item} />
      </span>
      <Lasted report={report} path={own} ms={item.durationMs} />
      <span class="n">
        {item.tokens !== null && <Value report={report} field={`${own}.tokens`} kind="tokens" short />}
      </span>
      <span class="n">{item.tokens !== null && <Value report={report} field={`${own}.cost`} kind="money" />}</span>
    </div>
  );
  if (parts.length === 0) return <li>{row}</li>;
  return (
    <li>
      <details class="opens">
        <summary>{row}</summary>
        <ul>
          {parts.map((part) => (
            <TurnPart key={part.place} report={report} path={path} one={part} />
          ))}
        </ul>
      </details>
    </li>
  );
}

function ItemText({ report, path, item }: { report: PageReport; path: string; item: SessionTurn["items"][number] }) {
  const { kind, name, agent, target, count, ok, responses } = item;
  const value = (field: string) => <Value report={report} field={`${path}.${field}`} kind="integer" />;
  return (
    <>
      {agent !== "" && (
        <>
          <Name>{agent}</Name>:{" "}
        </>
      )}
      {kind === "agent" && "subagent "}
      {kind === "git" && "git "}
      <Name>{kind === "git" ? name.replaceAll("_", " ") : name}</Name>
      {target !== "" && kind !== "git" && (
        <span class="mono">
          {" "}
          <Name>{kind === "link" ? target : lastPart(target)}</Name>
        </span>
      )}
      {count > 1 && <> ×{value("count")}</>}
      {item.linesAdded + item.linesRemoved > 0 && (
        <>
          {" "}
          +{value("linesAdded")} −{value("linesRemoved")}
        </>
      )}
      {responses !== null && (
        <>
          , {value("responses")} {responses === 1 ? "response" : "responses"}
        </>
      )}
      {ok === false && ", failed"}
    </>
  );
}
