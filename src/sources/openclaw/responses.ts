import { noDetails } from "../../model/observation.ts";
import { countOf, fields, nanoDollarsOf } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";
import { type OpenclawEvent, type OpenclawSession, usageOf } from "./event.ts";

/**
 * Emits the response of an event, if it has one. For every provider, input excludes cache reads and writes, and output
 * includes reasoning; "cacheWrite1h" is the part of "cacheWrite" with a lifetime of one hour.
 */
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
  const count = (name: string): number => {
    const amount = countOf(usage[name] ?? 0);
    if (amount === null) skip("bad_count");
    return amount ?? 0;
  };
  const [input, output, cacheRead] = [count("input"), count("output"), count("cacheRead")];
  const [cacheWrite, longWrite] = [count("cacheWrite"), count("cacheWrite1h")];
  const cacheWrite1h = Math.min(longWrite, cacheWrite);
  if (cacheWrite1h < longWrite) skip("bad_count");
  emitter.emit({
    kind: "response",
    key: `response:${key}`,
    body: {
      ...noDetails,
      ...place,
      at: at ?? modifiedAt,
      model: session.model,
      copy,
      input,
      output,
      cacheWrite,
      cacheWrite5m: cacheWrite - cacheWrite1h,
      cacheWrite1h,
      cacheRead,
      prompt: input + cacheRead + cacheWrite,
      // 0 is recorded for models without a known price.
      cost: nanoDollarsOf(fields(usage["cost"])["total"]) || null,
      reasoning: countOf(usage["reasoningTokens"]),
      isEstimated: true,
    },
  });
}
