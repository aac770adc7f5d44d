import type { Source } from "./contract.ts";
import { givenFolder, sessionStore } from "./pi/stores.ts";

/**
 * Sessions: <time>_<id>.jsonl, in one folder per working directory, or directly in a directory that the user has set.
 */
const sessions = sessionStore({
  name: "sessions",
  roots(env, home) {
    const agent = givenFolder("PI_CODING_AGENT_DIR", "pi", env, home) ?? `${home}/.pi/agent`;
    const given = givenFolder("PI_CODING_AGENT_SESSION_DIR", "pi", env, home);
    return [`${agent}/sessions`, ...(given === null ? [] : [given])];
  },
  owns: (path) => path.endsWith(".jsonl"),
});

/** The coding agent of pi-mono. */
export const pi: Source = {
  name: "pi",
  title: "pi",
  description:
    "tokens, reasoning if the provider reports it, its own cost estimates, prompts, tools, files, git, compactions",
  tested: "0.87.1",
  stores: [sessions],
  readerVersion: 2,
  caveats: "A fork copies its responses (14% too much). Its costs come from its own price table.",
  gaps: [
    {
      what: "interrupted responses",
      why: "their usage is written as far as it was received, before 1.6 as zero, and not at all when the program is killed",
    },
    { what: "cache writes with OpenAI", why: "the usage that pi writes does not separate them from other input" },
    { what: "subagents of extensions", why: "they run without a session file" },
    { what: "lines that a written file had before", why: "only the new content is written" },
  ],
};
