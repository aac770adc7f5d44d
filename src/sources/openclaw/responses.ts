import { noDetails } from "../../model/observation.ts";
import { fields, nanoDollarsOf } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";
import { countsOf, usageOf } from "../pi-sessions/usage.ts";
import type { OpenclawEvent, OpenclawSession } from "./event.ts";

/** Emits the response of an event, if it has one: its usage is in the form that pi writes. */
export function emitResponse(
  session: OpenclawSession,
  { event, key, at, place, copy, skip }: OpenclawEvent,
  modifiedAt: number,
  emitter: Pick<Emitter, "emit">,
): void {
  const usage = usageOf(event);
  if (!usage) return;
  if (key === "") return skip("unknown_format");
  if (at === null) skip("no_time");
  emitter.emit({
    kind: "response",
    key: `response:${key}`,
    body: {
      ...noDetails,
      ...place,
      at: at ?? modifiedAt,
      model: session.model,
      copy,
      ...countsOf(usage, skip),
      // 0 is recorded for models without a known price.
      cost: nanoDollarsOf(fields(usage["cost"])["total"]) || null,
      isEstimated: true,
    },
  });
}
