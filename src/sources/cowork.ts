import { coworkFolders } from "../model/cowork-folders.ts";
import type { LineStore, Source } from "./contract.ts";
import { TRANSCRIPT_READER, transcriptReader } from "./transcripts/read.ts";

/** Levels of folders above a session: workspace, group, and "agent" for sessions that Claude Desktop starts itself. */
const MAX_DEPTH = 3;

/**
 * Transcripts: <workspace>/<group>/local_<session>/.claude/projects/<folder>/<session>.jsonl, and those of subagents
 * below. audit.jsonl beside them is not read because it repeats the responses before they are complete. A session's
 * outputs are the user's files.
 */
const transcripts: LineStore = {
  kind: "lines",
  name: "transcripts",
  roots: coworkFolders,
  owns: (path) => /(?:^|\/)local_[^/]*\/\.claude\/projects\/.+\.jsonl$/.test(path),
  enters(path) {
    const parts = path.split("/");
    const session = parts.findIndex((part) => part.startsWith("local_"));
    if (session < 0) return parts.length <= MAX_DEPTH && parts[0] !== "skills-plugin";
    const [folder = ".claude", projects = "projects"] = parts.slice(session + 1);
    return folder === ".claude" && projects === "projects";
  },
  ...transcriptReader,
};

/**
 * Cowork, the agent of Claude Desktop: runs Claude Code in a virtual machine, with a separate directory for each
 * session.
 */
export const cowork: Source = {
  name: "cowork",
  title: "Claude Cowork",
  description: "tokens by class and cache lifetime, prompts, tools, files, git, links, subagents, advisors",
  tested: null,
  stores: [transcripts],
  readerVersion: TRANSCRIPT_READER,
  caveats: "`audit.jsonl` repeats each response, usually before it is complete.",
  gaps: [
    { what: "compactions", why: "the request that summarizes a history is not in the transcript" },
    { what: "interrupted responses", why: "usage that was not received is not written to the transcript" },
    { what: "sessions in the cloud", why: "their transcripts are not on this machine" },
    { what: "deleted sessions", why: "Claude Desktop removes their folders; what was read before stays counted" },
  ],
};
