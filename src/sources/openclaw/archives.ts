import { basename } from "node:path";
import { type Emitter, type LineChunk, objectsIn, type Phase } from "../contract.ts";
import { newSession, type OpenclawSession } from "./event.ts";
import { SessionReader } from "./session-reader.ts";

/** Reads lines of an archived transcript: the events that were in the rows of its session. */
export function readArchive(phase: Phase, chunk: LineChunk, emitter: Emitter): void {
  const session = (emitter.memory as OpenclawSession | null) ?? newSession(sessionOf(chunk.path), 1);
  const reader = new SessionReader(session, phase, chunk.modifiedAt, emitter);
  for (const { line, place } of objectsIn(chunk, emitter)) reader.read(line, place);
  reader.end();
  emitter.memory = session;
}

const sessionOf = (path: string): string => basename(path).replace(/\.jsonl\..*$/, "");
