import { noDetails } from "../../model/observation.ts";
import { countOf, type Fields, fields, text } from "../../utils/json.ts";
import type { Chunk, Emitter } from "../contract.ts";
import { type Entry, readEntries, type Session, usageOf } from "./session.ts";

/**
 * Responses of a chunk: all entries that tell a usage, which are those of the assistant and what summed up a history or a
 * branch that was left. Input does not hold what a cache read or wrote, output holds the reasoning, whatever the provider;
 * "cacheWrite1h" is the part of "cacheWrite" that lives an hour (docs/session-format.md of pi 1.6).
 */
export function readResponses(chunk: Chunk, findings: Emitter): void {
  readEntries(chunk, findings, '"usage"', (session, one) => {
    const model = text(fields(one.entry["message"])["model"], 200);
    if (model) session.model = model;
    const usage = usageOf(one.entry);
    if (usage) tell(session, one, usage, chunk.written, findings);
  });
}

/** An entry that is no message names its own model: a cache is also kept warm for a model that was left. */
const modelOf = ({ entry }: Entry, session: Session): string => text(entry["model"], 200) || session.model;

function tell(session: Session, one: Entry, usage: Fields, written: number, findings: Emitter): void {
  const { key, at, copy, skip } = one;
  // The first format had no ids; the program gives them when it opens the file, and the response would be counted again.
  if (key === "") return skip("unknown_format");
  if (at === null) skip("no_time");
  const count = (name: string): number => {
    const told = countOf(usage[name] ?? 0);
    if (told === null) skip("bad_count");
    return told ?? 0;
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
  findings.observed({
    kind: "response",
    key: `response:${key}`,
    body: {
      ...noDetails,
      session: (copy > 0 && session.parent) || session.id,
      project: session.project,
      branch: "",
      agent: "",
      at: at ?? written,
      model: modelOf(one, session),
      copy,
      input,
      output,
      cacheWrite,
      cacheWrite5m: cacheWrite - cacheWrite1h,
      cacheWrite1h,
      cacheRead,
      prompt: input + cacheRead + cacheWrite,
      cost: nano(cost["total"]),
      reasoning: countOf(usage["reasoning"]),
      isEstimated: cost["totalFromProvider"] !== true,
    },
  });
}

/** Nano-dollars of dollars; null where none are told. */
const nano = (dollars: unknown): number | null =>
  typeof dollars === "number" && dollars >= 0 && dollars < 1e6 ? Math.round(dollars * 1e9) : null;
