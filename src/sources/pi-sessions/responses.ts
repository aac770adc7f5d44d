import { noDetails } from "../../model/observation.ts";
import { type Fields, fields, nanoDollarsOf, text } from "../../utils/json.ts";
import type { Emitter, LineChunk } from "../contract.ts";
import { type PiEntry, readEntries, type PiSession } from "./session.ts";
import { countsOf, usageOf } from "./usage.ts";

/**
 * Emits the responses of a chunk: all entries with usage, which are the assistant's, the requests of tools, the
 * summaries of a history or of an abandoned branch, and others that name their purpose ("usage", "model_usage").
 */
export function readResponses(chunk: LineChunk, emitter: Emitter): void {
  readEntries(chunk, emitter, '"usage"', (session, one) => {
    const model = text(fields(one.entry["message"])["model"], 200);
    if (model) session.model = model;
    const usage = usageOf(one.entry);
    if (usage) emitResponse(session, one, usage, chunk.modifiedAt, emitter);
  });
}

/**
 * Returns the model of an entry. Entries that are not messages name their own: a cache may be kept warm for a model no
 * longer in use.
 */
const modelOf = ({ entry }: PiEntry, session: PiSession): string => text(entry["model"], 200) || session.model;

function emitResponse(session: PiSession, one: PiEntry, usage: Fields, modifiedAt: number, emitter: Emitter): void {
  const { key, at, copy, isImported, skip } = one;
  // The first format had no ids. The program adds ids when it opens such a file, and the response would then be counted
  // twice.
  if (key === "") return skip("unknown_format");
  if (at === null) skip("no_time");
  const cost = fields(usage["cost"]);
  // An imported response keeps the provider's id, under which the other program's source counts it.
  const provided = isImported ? text(fields(one.entry["message"])["responseId"], 200) : "";
  emitter.emit({
    kind: "response",
    key: `response:${provided || key}`,
    body: {
      ...noDetails,
      session: (copy > 0 && session.parent) || session.id,
      project: session.project,
      branch: "",
      agent: session.agent,
      at: at ?? modifiedAt,
      model: modelOf(one, session),
      copy,
      ...countsOf(usage, skip),
      cost: isImported ? null : nanoDollarsOf(cost["total"]),
      isEstimated: cost["totalFromProvider"] !== true,
    },
  });
}
