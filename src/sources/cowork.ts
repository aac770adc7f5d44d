import { coworkFolders } from "../model/cowork-folders.ts";
import type { LineStore, Source } from "./contract.ts";
import { readTranscript, TRANSCRIPT_READER } from "./transcripts/read.ts";

/** Folders above those of sessions: workspace, group, and "agent" where the program works for itself. */
const DEEPEST = 3;

/**
 * Transcripts: <workspace>/<group>/local_<session>/.claude/projects/<folder>/<session>.jsonl, and those of subagents below.
 * audit.jsonl beside them repeats the responses, before they are whole; the outputs of a session are the user's files.
 */
const transcripts: LineStore = {
  kind: "lines",
  name: "transcripts",
  roots: coworkFolders,
  owns: (path) => /(?:^|\/)local_[^/]*\/\.claude\/projects\/.+\.jsonl$/.test(path),
  enters(path) {
    const parts = path.split("/");
    const session = parts.findIndex((part) => part.startsWith("local_"));
    if (session < 0) return parts.length <= DEEPEST && parts[0] !== "skills-plugin";
    const [folder = ".claude", projects = "projects"] = parts.slice(session + 1);
    return folder === ".claude" && projects === "projects";
  },
  read: readTranscript,
};

/** Cowork, the agent of Claude Desktop: Claude Code in a machine of its own, with a directory of its own for each session. */
export const cowork: Source = {
  name: "cowork",
  title: "Claude Cowork",
  description: "tokens by class and lifetime of the cache, prompts, tools, files, git, links, subagents, advisors",
  tested: null,
  stores: [transcripts],
  readerVersion: TRANSCRIPT_READER,
  misleads: "`audit.jsonl` repeats each response, most of them before they are whole.",
  gaps: [
    { what: "compactions", why: "the request that sums up a history stands in no transcript" },
    { what: "interrupted responses", why: "what was not received is not written down" },
    { what: "sessions in the cloud", why: "their transcripts are not on this machine" },
    { what: "deleted sessions", why: "Claude Desktop removes their folders; what was read before stays counted" },
  ],
};
