import { noDetails } from "../../model/observation.ts";
import { fields, text } from "../../utils/json.ts";
import type { Emitter } from "../contract.ts";
import type { ContinueItem, ContinueSession } from "./session.ts";
import { type ContinueCounts, type ContinueUsage, noCounts, plus } from "./usage.ts";

/** A response of a session. */
interface ContinueResponse extends ContinueItem {
  readonly usage: ContinueUsage;
}

const isResponse = (one: ContinueItem): one is ContinueResponse =>
  one.usage !== null && one.usage.summed.prompt + one.usage.summed.output + one.usage.summed.cacheWrite > 0;

/**
 * Emits the responses of a session, and its sum with the responses that are its parts. What remains of the sum are
 * requests for compactions, responses that a compaction removed, and subagents.
 */
export function emitResponses(session: ContinueSession, emitter: Emitter): void {
  const responses = session.items.filter(isResponse);
  for (const one of responses) emitResponse(session, one, emitter);
  if (session.sum) emitSum(session, session.sum, responses, emitter);
}

function emitResponse(
  { place, at }: ContinueSession,
  { message, usage, fingerprint, isCopy }: ContinueResponse,
  emitter: Emitter,
): void {
  const { summed, isCacheSeparate, cacheRead, reasoning } = usage;
  const { prompt, output, cacheWrite } = summed;
  const cached = cacheRead + cacheWrite;
  emitter.emit({
    kind: "response",
    key: `response:continue:${fingerprint}`,
    body: {
      ...noDetails,
      ...place,
      at,
      // Two sessions may receive equal responses, and each is paid for.
      request: isCopy ? null : place.session,
      model: text(fields(message["usage"])["model"], 200),
      copy: isCopy ? 4 : 0,
      input: isCacheSeparate ? prompt : prompt - cached,
      output,
      cacheRead,
      cacheWrite,
      prompt: isCacheSeparate ? prompt + cached : prompt,
      reasoning,
    },
  });
}

/**
 * Emits the sum and its parts. Tokens written to a cache are a part of the prompt or not, depending on the provider,
 * which is not known for what remains: it is taken to be the one of the session's responses.
 */
function emitSum(
  { place, at }: ContinueSession,
  sum: ContinueCounts,
  responses: readonly ContinueResponse[],
  emitter: Emitter,
): void {
  const own = responses.filter(({ isCopy }) => !isCopy);
  const known = own.map(({ usage }) => usage.summed).reduce(plus, noCounts);
  const isCacheSeparate = sum.cacheRead > 0 || responses.some(({ usage }) => usage.isCacheSeparate);
  const written = own.reduce((total, { usage }) => total + (usage.isCacheSeparate ? 0 : usage.summed.cacheWrite), 0);
  const writtenInRest = isCacheSeparate ? 0 : sum.cacheWrite - known.cacheWrite;
  const emit = (part: string | null, { prompt, output, cacheRead, cacheWrite }: ContinueCounts, inside: number): void =>
    emitter.emit({
      kind: "total",
      key: `total:continue:${place.session}`,
      body: {
        ...noDetails,
        ...place,
        part,
        at,
        model: "",
        input: Math.max(prompt - inside, 0),
        output,
        cacheRead,
        cacheWrite,
        // The number of requests is not known.
        prompt: 0,
        reasoning: null,
      },
    });
  emit(null, sum, written + writtenInRest);
  for (const { fingerprint, usage } of own)
    emit(fingerprint, usage.summed, usage.isCacheSeparate ? 0 : usage.summed.cacheWrite);
}
