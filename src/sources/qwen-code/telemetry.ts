import { noDetails, type Place, type ResponseObservation, type SkipReason } from "../../model/observation.ts";
import { type Fields, lineOf, linesIn, text, timeOf } from "../../utils/json.ts";
import type { Emitter, LineChunk } from "../contract.ts";
import { eventOf, RESPONSE } from "./line.ts";
import { classesOf, type QwenCounts, countsOfEvent } from "./usage.ts";

/** A response in a telemetry event. */
export interface TelemetryResponse {
  /** The provider's id and the time, because small servers reuse ids. */
  readonly id: string;
  /** Epoch milliseconds; null if the event has no timestamp. */
  readonly at: number | null;
  readonly model: string;
  readonly counts: QwenCounts;
  readonly line: Fields;
  readonly event: Fields;
}

/** Yields the responses in the lines of a chat. */
export function* telemetryResponses(
  bytes: Buffer,
  { offset, isOpen }: Pick<LineChunk, "offset" | "isOpen">,
  emitter: Pick<Emitter, "skip">,
): Generator<TelemetryResponse> {
  for (const { from, to, isComplete } of linesIn(bytes)) {
    if (!bytes.subarray(from, to).includes(RESPONSE)) continue;
    const line = lineOf(bytes, from, to);
    const skip = (reason: SkipReason): void => emitter.skip(offset + from, reason);
    if (!line) {
      if (isComplete || !isOpen) skip("bad_json");
      continue;
    }
    const event = eventOf(line);
    // A text that only mentions the event.
    if (event["event.name"] !== RESPONSE) continue;
    const at = timeOf(event["event.timestamp"]) ?? timeOf(line["timestamp"]);
    if (at === null) skip("no_time");
    const own = text(event["response_id"], 200) || text(line["uuid"], 200);
    const id = own && `${own}:${at ?? ""}`;
    yield { id, at, model: text(event["model"], 200), counts: countsOfEvent(event, skip), line, event };
  }
}

/** Builds the observation of some counts at a place and time. */
export function responseOf(place: Place, at: number, model: string, counts: QwenCounts): ResponseObservation {
  const classes = classesOf(counts);
  return {
    ...noDetails,
    ...place,
    ...classes,
    at,
    model,
    // For several requests this is their average.
    prompt: Math.ceil((classes.input + classes.cacheRead) / Math.max(counts.requests, 1)),
  };
}
