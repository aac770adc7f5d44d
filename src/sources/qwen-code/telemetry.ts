import { noDetails, type Place, type ResponseObservation, type SkipReason } from "../../model/observation.ts";
import { type Fields, lineOf, linesIn, text, timeOf } from "../../utils/json.ts";
import type { Chunk, Emitter } from "../contract.ts";
import { eventOf, RESPONSE } from "./line.ts";
import { classesOf, type Counts, countsOfEvent } from "./usage.ts";

/** A response as telemetry tells it. */
export interface TelemetryResponse {
  /** The provider's id with the time, since ids of small servers come again. */
  readonly id: string;
  /** Epoch milliseconds; null where it tells none. */
  readonly at: number | null;
  readonly model: string;
  readonly counts: Counts;
  readonly line: Fields;
  readonly event: Fields;
}

/** Responses in the lines of a chat. */
export function* toldIn(
  bytes: Buffer,
  { offset, isOpen }: Pick<Chunk, "offset" | "isOpen">,
  findings: Pick<Emitter, "skipped">,
): Generator<TelemetryResponse> {
  for (const { from, to, isComplete } of linesIn(bytes)) {
    if (!bytes.subarray(from, to).includes(RESPONSE)) continue;
    const line = lineOf(bytes, from, to);
    const skip = (reason: SkipReason): void => findings.skipped(offset + from, reason);
    if (!line) {
      if (isComplete || !isOpen) skip("bad_json");
      continue;
    }
    const event = eventOf(line);
    // A text that mentions one.
    if (event["event.name"] !== RESPONSE) continue;
    const at = timeOf(event["event.timestamp"]) ?? timeOf(line["timestamp"]);
    if (at === null) skip("no_time");
    const own = text(event["response_id"], 200) || text(line["uuid"], 200);
    const id = own && `${own}:${at ?? ""}`;
    yield { id, at, model: text(event["model"], 200), counts: countsOfEvent(event, skip), line, event };
  }
}

/** Usage of these counts, at one place and time. */
export function responseOf(place: Place, at: number, model: string, counts: Counts): ResponseObservation {
  const classes = classesOf(counts);
  return {
    ...noDetails,
    ...place,
    ...classes,
    at,
    model,
    // Of several requests it is the usual one.
    prompt: Math.ceil((classes.input + classes.cacheRead) / Math.max(counts.requests, 1)),
  };
}
