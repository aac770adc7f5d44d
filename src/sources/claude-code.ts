import { readActivity } from "./claude-code/activity.ts";
import { readResponses } from "./claude-code/responses.ts";
import type { Source } from "./contract.ts";

/** Transcripts of Claude Code: projects/<folder>/<session>.jsonl, and those of subagents at any depth below. */
export const claudeCode: Source = {
  name: "claude-code",
  meaning: "Claude Code's transcripts",
  roots(env, home) {
    const given = env["CLAUDE_CONFIG_DIR"]?.split(",").map((path) => path.trim().replace(/^~(?=\/)/, home));
    const places = given?.some(Boolean) ? given.filter(Boolean) : [`${home}/.claude`, `${home}/.config/claude`];
    return places.filter((path) => path.startsWith("/") || /^[A-Za-z]:/.test(path)).map((path) => `${path}/projects`);
  },
  owns: (path) => path.endsWith(".jsonl"),
  read: (pass, chunk, findings) => (pass === "usage" ? readResponses : readActivity)(chunk, findings),
};
