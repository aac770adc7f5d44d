import { noDetails } from "../../model/observation.ts";
import { countOf, type Fields, fields, isFields, nanoDollarsOf, text } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";
import type { ClineSession } from "./messages.ts";

/** Emits the responses of a session: its messages with metrics. Input includes what was read from and written to caches. */
export function emitResponses({ messages, place, modifiedAt }: ClineSession, emitter: Emitter): void {
  for (const { message, id, at, copy } of messages) {
    const metrics = message["metrics"];
    if (!isFields(metrics)) {
      if (metrics !== undefined && metrics !== null) emitter.skip(0, "unknown_format");
      continue;
    }
    const counts = countsOf(metrics, emitter);
    if (counts.prompt + counts.output === 0) continue;
    // Without an id, copies of the response could not be recognized.
    if (!id) {
      emitter.skip(0, "unknown_format");
      continue;
    }
    if (at === null) emitter.skip(0, "no_time");
    emitter.emit({
      kind: "response",
      key: `response:cline:${id}`,
      body: {
        ...noDetails,
        ...place,
        ...counts,
        copy,
        at: at ?? modifiedAt,
        model: text(fields(message["modelInfo"])["id"], 200),
        cost: nanoDollarsOf(metrics["cost"]),
        reasoning: null,
        isEstimated: true,
      },
    });
  }
}

function countsOf(metrics: Fields, emitter: Emitter) {
  const count = (name: string): number => {
    const amount = countOf(metrics[name] ?? 0);
    if (amount === null) emitter.skip(0, "bad_count");
    return amount ?? 0;
  };
  const prompt = count("inputTokens");
  const cacheRead = Math.min(count("cacheReadTokens"), prompt);
  const cacheWrite = Math.min(count("cacheWriteTokens"), prompt - cacheRead);
  return { input: prompt - cacheRead - cacheWrite, output: count("outputTokens"), cacheRead, cacheWrite, prompt };
}
