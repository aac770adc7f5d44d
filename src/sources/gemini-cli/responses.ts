import { noDetails, type SkipReason } from "../../model/observation.ts";
import { countOf, type Fields, isFields, text } from "../../utils/json.ts";
import type { Emitter, SourceFile } from "../contract.ts";
import type { ChatMessage } from "./messages.ts";

/**
 * Emits the responses among messages. A response with tools is written before and after them, and a snapshot may repeat
 * it or have lost its tokens. Responses that were rewound or compressed are still counted, since they were paid for.
 */
export function emitResponses(messages: Iterable<ChatMessage>, { modifiedAt }: SourceFile, emitter: Emitter): void {
  for (const { message, at, isCopy, offset, chat, place } of messages) {
    const tokens = message["tokens"];
    if (message["type"] !== "gemini" || !isFields(tokens)) continue;
    const skip = (reason: SkipReason): void => emitter.skip(offset, reason);
    const counts = countsOf(tokens, skip);
    // The provider reported no usage.
    if (counts.prompt + counts.output === 0) continue;
    if (at === null) skip("no_time");
    emitter.emit({
      kind: "response",
      key: `response:gemini-cli:${chat}:${text(message["id"], 200) || String(at)}`,
      body: {
        ...noDetails,
        ...place,
        ...counts,
        at: at ?? modifiedAt,
        model: text(message["model"], 200),
        copy: isCopy ? 4 : 0,
      },
    });
  }
}

/**
 * Reads the counts of a response. Input includes cached tokens. Output excludes thoughts, which are billed as output.
 * Input excludes tokens that tools added to the prompt, unless the total shows otherwise.
 */
export function countsOf(tokens: Fields, skip: (reason: SkipReason) => void) {
  const count = (name: string): number => {
    const amount = countOf(tokens[name] ?? 0);
    if (amount === null) skip("bad_count");
    return amount ?? 0;
  };
  const [input, output, thoughts, tool] = [count("input"), count("output"), count("thoughts"), count("tool")];
  const prompt = count("total") === input + output + thoughts ? input : input + tool;
  const cacheRead = Math.min(count("cached"), prompt);
  return { input: prompt - cacheRead, output: output + thoughts, cacheRead, reasoning: thoughts, prompt };
}
