import { transcriptDirectories } from "../utils/paths.ts";
import { parentOf } from "../utils/small-files.ts";
import type { LineStore, Source } from "./contract.ts";
import { TRANSCRIPT_READER, transcriptReader } from "./transcripts/read.ts";

/** Transcripts: projects/<folder>/<session>.jsonl, and those of subagents at any depth below. */
const transcripts: LineStore = {
  kind: "lines",
  name: "transcripts",
  roots: (env, home) => transcriptDirectories(env, home).map((directory) => `${directory}/projects`),
  account: parentOf,
  owns: (path) => path.endsWith(".jsonl"),
  ...transcriptReader,
};

/** Anthropic's Claude Code. */
export const claudeCode: Source = {
  name: "claude-code",
  title: "Claude Code",
  description: "tokens by class and cache lifetime, prompts, tools, files, git, links, subagents, advisors",
  tested: "2.1.332",
  resume: "claude --resume",
  stores: [transcripts],
  readerVersion: TRANSCRIPT_READER,
  caveats:
    "Each content block of a response repeats its usage, and copies of a session repeat its responses; `/usage` also counts compactions.",
  gaps: [
    {
      what: "compactions",
      why: "the request that summarizes a history is not in the transcript; pawprint verify shows its tokens",
    },
    {
      what: "side questions",
      why: "questions asked with /btw are not in the transcript; pawprint verify shows their tokens",
    },
    { what: "interrupted responses", why: "usage that was not received is not written to the transcript" },
  ],
};
