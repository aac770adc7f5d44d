import type { Source } from "./contract.ts";
import { givenFolder, sessionStore } from "./pi-sessions/stores.ts";

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
    "tokens by class and cache lifetime, reasoning if the provider reports it, its own cost estimates, prompts, tools, files, git, compactions",
  tested: "1.6.0",
  resume: "pi --session",
  stores: [sessions],
  readerVersion: 3,
  caveats: "A fork copies its responses (14 to 28% too much). Its costs come from its own price table.",
  gaps: [
    {
      what: "interrupted responses",
      why: "1.6 writes what it received: with Anthropic the input and the beginning of the output, with OpenAI zeros; older versions write zeros, and nothing is written when the program is killed",
    },
    {
      what: "cache writes with OpenAI in old versions",
      why: "version 0.87 does not separate them from other input; 1.6 does where the provider reports them",
    },
    { what: "models of requests by tools", why: "their usage names no model, and counts for the session's own" },
    { what: "subagents of extensions", why: "they run without a session file" },
    { what: "lines that a written file had before", why: "only the new content is written" },
  ],
};
