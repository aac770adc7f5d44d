import { noDetails, type SkipReason } from "../../model/observation.ts";
import { countOf, type Fields, isFields, text } from "../../utils/json.ts";
import type { Emitter, SourceFile } from "../contract.ts";
import type { Message } from "./messages.ts";

/**
 * Responses among messages. One with tools is written before and after them; a snapshot may tell it again or have lost its
 * tokens; what is rewound or compressed away was still paid.
 */
export function tellResponses(messages: Iterable<Message>, { written }: SourceFile, findings: Emitter): void {
  for (const { message, at, isCopy, offset, chat, place } of messages) {
    const tokens = message["tokens"];
    if (message["type"] !== "gemini" || !isFields(tokens)) continue;
    const skip = (reason: SkipReason): void => findings.skipped(offset, reason);
    const counts = countsOf(tokens, skip);
    // Nothing was told of it.
    if (counts.prompt + counts.output === 0) continue;
    if (at === null) skip("no_time");
    findings.observed({
      kind: "response",
      key: `response:gemini-cli:${chat}:${text(message["id"], 200) || String(at)}`,
      body: {
        ...noDetails,
        ...place,
        ...counts,
        at: at ?? written,
        model: text(message["model"], 200),
        copy: isCopy ? 4 : 0,
      },
    });
  }
}

/**
 * Cached tokens are part of the input; thoughts are no part of the output, and are billed as such. What tools put into the
 * prompt is no part of the input, unless the total says so.
 */
export function countsOf(tokens: Fields, skip: (reason: SkipReason) => void) {
  const count = (name: string): number => {
    const told = countOf(tokens[name] ?? 0);
    if (told === null) skip("bad_count");
    return told ?? 0;
  };
  const [input, output, thoughts, tool] = [count("input"), count("output"), count("thoughts"), count("tool")];
  const prompt = count("total") === input + output + thoughts ? input : input + tool;
  const cacheRead = Math.min(count("cached"), prompt);
  return { input: prompt - cacheRead, output: output + thoughts, cacheRead, reasoning: thoughts, prompt };
}
