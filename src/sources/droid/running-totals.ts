import { noDetails, type RunningTotalObservation } from "../../model/observation.ts";
import { countOf, fields, listOf, parse, text } from "../../utils/json.ts";
import type { Document, Emitter, LineChunk, SourceFile } from "../contract.ts";
import { copiedAtOf, type DroidTranscript, noOrigin, readOn, sessionOf } from "./session.ts";

/** Reads the total in a session's settings. A transcript that is too large to be read here gives it when it grows. */
export function readTotal(document: Document, emitter: Emitter): void {
  const transcript = document.readSibling(`${sessionOf(document.path)}.jsonl`);
  emitTotal(document, document.bytes, readOn(null, transcript ?? Buffer.alloc(0)), emitter);
}

/**
 * Reads the total again when lines were added to the transcript, which says when the last answer was given and whether
 * the total began with a copy. `memory` is what the lines so far say.
 */
export function updateTotal(chunk: LineChunk, emitter: Emitter): void {
  const transcript = readOn(emitter.memory as DroidTranscript | null, chunk.bytes);
  const settings = chunk.readSibling(`${sessionOf(chunk.path)}.settings.json`);
  if (settings) emitTotal(chunk, settings, transcript, { ...emitter, skip() {} });
  emitter.memory = transcript;
}

/**
 * Emits the total of a session. Input excludes cache reads, and with Anthropic cache writes; output includes reasoning. If the
 * total began with a copy of another session's, it counts under that session's key.
 */
function emitTotal(
  file: SourceFile,
  settings: Buffer,
  transcript: DroidTranscript,
  emitter: Pick<Emitter, "emit" | "skip">,
): void {
  const document = parse(settings.toString("utf8"));
  if (!document) return emitter.skip(0, "bad_json");
  const usage = fields(document["tokenUsage"]);
  const count = (name: string): number => {
    const amount = countOf(usage[name] ?? 0);
    if (amount === null) emitter.skip(0, "bad_count");
    return amount ?? 0;
  };
  const input = count("inputTokens");
  const output = count("outputTokens");
  const [cacheWrite, cacheRead] = [count("cacheCreationTokens"), count("cacheReadTokens")];
  if (input + output + cacheWrite + cacheRead === 0) return;
  const session = sessionOf(file.path);
  const { parent, project, isSub } = transcript.origin ?? noOrigin;
  const { lastAnswerAt } = transcript;
  const copiedAt = copiedAtOf(transcript);
  const body: RunningTotalObservation = {
    ...noDetails,
    session,
    project,
    branch: "",
    agent: isSub || listOf(document["tags"]).some(({ name }) => name === "subagent") ? "subagent" : "",
    // The transcript may be missing, or contain no answer yet.
    at: lastAnswerAt ?? file.modifiedAt,
    model: text(document["model"], 200),
    copy: lastAnswerAt === null ? 1 : 0,
    input,
    output,
    cacheWrite,
    cacheRead,
    // The longest prompt is not known.
    prompt: 0,
    reasoning: countOf(usage["thinkingTokens"]),
    copiedAt: null,
    isCountedElsewhere: copiedAt !== null,
  };
  emitter.emit({ kind: "running-total", key: `running-total:droid:${session}`, body });
  if (copiedAt === null) return;
  const copy: RunningTotalObservation = { ...body, copiedAt, isCountedElsewhere: false };
  emitter.emit({ kind: "running-total", key: `running-total:droid:${parent}`, body: copy });
}
