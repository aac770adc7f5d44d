import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { freshHome, type Home } from "./program.ts";

const RECORDED = resolve(import.meta.dir, "../fixtures/transcripts");

/** The folder of transcripts of a home. */
export const projectsOf = (home: Home): string => join(home.path, ".claude/projects");

/** A new home with the recorded transcripts of sessions, including compacted, resumed and cleared ones. */
export function recordedHome(): Home {
  const home = freshHome();
  for (const name of readdirSync(RECORDED).filter((one) => !one.endsWith(".jsonl"))) {
    cpSync(join(RECORDED, name), join(projectsOf(home), name), { recursive: true });
  }
  return home;
}

/** Writes a transcript below a home, and returns its path. */
export function writeTranscript(home: Home, name: string, text: string): string {
  const path = join(projectsOf(home), "-home-dev-work-x", name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** A transcript line of a response. */
export function responseLine(id: string, output: number, special: Readonly<Record<string, unknown>> = {}): string {
  const usage = {
    input_tokens: 3,
    output_tokens: output,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 100,
  };
  return `${JSON.stringify({
    type: "assistant",
    sessionId: "s-1",
    requestId: `req_${id}`,
    timestamp: "2026-11-03T09:00:00.000Z",
    message: { id, model: "claude-opus-5-5", content: [], usage },
    ...special,
  })}\n`;
}
