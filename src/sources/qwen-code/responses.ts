import { basename } from "node:path";
import { text } from "../../utils/json.ts";
import type { Chunk, Emitter } from "../contract.ts";
import { placeOf } from "./line.ts";
import { RECORDS } from "./places.ts";
import { tellRests } from "./rests.ts";
import { responseOf, toldIn } from "./telemetry.ts";

/**
 * Responses of a chat: each is told by telemetry once, those of subagents and of compressions too. The lines in which the
 * assistant speaks tell those of the main thread a second time.
 */
export function readResponses(chunk: Chunk, findings: Emitter): void {
  /** Sessions with the time of their earliest response here. */
  const sessions = new Map<string, number>();
  for (const { id, at, model, counts, line, event } of toldIn(chunk.bytes, chunk, findings)) {
    const place = placeOf(line, chunk.path);
    const time = at ?? chunk.written;
    sessions.set(place.session, Math.min(time, sessions.get(place.session) ?? time));
    const body = responseOf({ ...place, agent: text(event["subagent_name"], 100) || place.agent }, time, model, counts);
    // Where the server told nothing there is nothing to count.
    if (body.prompt + body.output > 0)
      findings.observed({ kind: "response", key: `response:qwen-code:${id || `${place.session}@${time}`}`, body });
  }
  tellAgain(chunk, sessions, findings);
}

/** What is left of runs that were recorded before their responses were found here: less, now that these are known. */
function tellAgain(chunk: Chunk, sessions: ReadonlyMap<string, number>, findings: Emitter): void {
  const records = sessions.size > 0 ? chunk.beside(`../../../${RECORDS}`) : null;
  if (!records) return;
  const wholeChat = (): Buffer | null => {
    const chat = chunk.beside(basename(chunk.path));
    // Only once its last line is reached.
    return chat?.includes("\n", chunk.offset + chunk.bytes.length) ? null : chat;
  };
  for (const [session, since] of sessions) tellRests(records, wholeChat, session, since, findings);
}
