import { noDetails } from "../../model/observation.ts";
import { countOf, type Fields, fields, nanoDollarsOf, text } from "../../utils/json.ts";
import type { Emitter, LineChunk } from "../contract.ts";
import { type PiEntry, readEntries, type PiSession, usageOf } from "./session.ts";

/**
 * Emits the responses of a chunk: all entries with usage, which are the assistant's and the summaries of a history or
 * of an abandoned branch. For every provider, input excludes cache reads and writes, and output includes reasoning;
 * "cacheWrite1h" is the part of "cacheWrite" with a lifetime of one hour (docs/session-format.md of pi 1.6).
 */
export function readResponses(chunk: LineChunk, emitter: Emitter): void {
  readEntries(chunk, emitter, '"usage"', (session, one) => {
    const model = text(fields(one.entry["message"])["model"], 200);
    if (model) session.model = model;
    const usage = usageOf(one.entry);
    if (usage) emitResponse(session, one, usage, chunk.modifiedAt, emitter);
  });
}

/**
 * Returns the model of an entry. Entries that are not messages name their own: a cache may be kept warm for a model no
 * longer in use.
 */
const modelOf = ({ entry }: PiEntry, session: PiSession): string => text(entry["model"], 200) || session.model;

function emitResponse(session: PiSession, one: PiEntry, usage: Fields, modifiedAt: number, emitter: Emitter): void {
  const { key, at, copy, skip } = one;
  // The first format had no ids. The program adds ids when it opens such a file, and the response would then be counted
  // twice.
  if (key === "") return skip("unknown_format");
  if (at === null) skip("no_time");
  const count = (name: string): number => {
    const amount = countOf(usage[name] ?? 0);
    if (amount === null) skip("bad_count");
    return amount ?? 0;
  };
  const [input, output, cacheRead, cacheWrite, longWrite] = [
    count("input"),
    count("output"),
    count("cacheRead"),
    count("cacheWrite"),
    count("cacheWrite1h"),
  ];
  const cacheWrite1h = Math.min(longWrite, cacheWrite);
  if (cacheWrite1h < longWrite) skip("bad_count");
  const cost = fields(usage["cost"]);
  emitter.emit({
    kind: "response",
    key: `response:${key}`,
    body: {
      ...noDetails,
      session: (copy > 0 && session.parent) || session.id,
      project: session.project,
      branch: "",
      agent: "",
      at: at ?? modifiedAt,
      model: modelOf(one, session),
      copy,
      input,
      output,
      cacheWrite,
      cacheWrite5m: cacheWrite - cacheWrite1h,
      cacheWrite1h,
      cacheRead,
      prompt: input + cacheRead + cacheWrite,
      cost: nanoDollarsOf(cost["total"]),
      reasoning: countOf(usage["reasoning"]),
      isEstimated: cost["totalFromProvider"] !== true,
    },
  });
}
