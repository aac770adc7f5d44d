import { type LazyReader, lazyReader, type LineStore } from "../contract.ts";
import { readResponses } from "./responses.ts";

/** Version of this reader, shared by all sources that read transcripts: see `Source.readerVersion`. */
export const TRANSCRIPT_READER = 3;

const activity = lazyReader<LineStore["read"]>(async () => {
  const { readActivity } = await import("./activity.ts");
  return (_, chunk, emitter) => readActivity(chunk, emitter);
});

/** Reads lines of Claude Code transcripts. What reads session activity is loaded for that alone: most reports need usage only. */
export const transcriptReader: LazyReader<LineStore["read"]> = {
  load: async (phase) => (phase === "activity" ? activity.load(phase) : undefined),
  read: (phase, chunk, emitter) =>
    phase === "usage" ? readResponses(chunk, emitter) : activity.read(phase, chunk, emitter),
};
