import { basename } from "node:path";
import { text } from "../../utils/json.ts";
import type { Emitter, LineChunk } from "../contract.ts";
import { placeOf } from "./line.ts";
import { RECORDS } from "./places.ts";
import { emitRemainders } from "./remainders.ts";
import { responseOf, telemetryResponses } from "./telemetry.ts";

/**
 * Emits the responses of a chat. Telemetry contains each response once, including those of subagents and compressions.
 * The assistant's message lines repeat those of the main thread and are not counted.
 */
export function readResponses(chunk: LineChunk, emitter: Emitter): void {
  /** Time of the earliest response in this chunk, by session. */
  const sessions = new Map<string, number>();
  for (const { id, at, model, counts, line, event } of telemetryResponses(chunk.bytes, chunk, emitter)) {
    const place = placeOf(line, chunk.path);
    const time = at ?? chunk.modifiedAt;
    sessions.set(place.session, Math.min(time, sessions.get(place.session) ?? time));
    const body = responseOf({ ...place, agent: text(event["subagent_name"], 100) || place.agent }, time, model, counts);
    // The server reported no usage, so there is nothing to count.
    if (body.prompt + body.output > 0)
      emitter.emit({ kind: "response", key: `response:qwen-code:${id || `${place.session}@${time}`}`, body });
  }
  updateRemainders(chunk, sessions, emitter);
}

/**
 * Updates the remainders of runs recorded before their responses were read here: each new response makes them smaller.
 */
function updateRemainders(chunk: LineChunk, sessions: ReadonlyMap<string, number>, emitter: Emitter): void {
  const records = sessions.size > 0 ? chunk.readSibling(`../../../${RECORDS}`) : null;
  if (!records) return;
  const wholeChat = (): Buffer | null => {
    const chat = chunk.readSibling(basename(chunk.path));
    // Wait until the chat's last line is in this chunk.
    return chat?.includes("\n", chunk.offset + chunk.bytes.length) ? null : chat;
  };
  for (const [session, since] of sessions) emitRemainders(records, wholeChat, session, since, emitter);
}
