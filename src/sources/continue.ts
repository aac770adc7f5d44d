import { lazyReader, type DocumentStore, type Source } from "./contract.ts";

/** Sessions: <id>.json, rewritten as a whole. Beside them, sessions.json lists when each was created. */
const sessions: DocumentStore = {
  kind: "document",
  name: "sessions",
  roots: (env, home) => [`${(env["CONTINUE_GLOBAL_DIR"] || "~/.continue").replace(/^~(?=\/|$)/, home)}/sessions`],
  account: (root) => root.replace(/\/sessions$/, ""),
  owns: (path) => path.endsWith(".json") && path !== "sessions.json",
  enters: () => false,
  ...lazyReader(async () => (await import("./continue/reading.ts")).readSession),
};

/** The command line program of Continue. */
const continueCli: Source = {
  name: "continue",
  title: "Continue",
  description:
    "tokens, reasoning if the provider reports it, prompts, tools, files, git, subagents as part of a session, compactions",
  tested: "1.5.47",
  stores: [sessions],
  caveats:
    "Forks copy responses, compactions remove them, and subagents are in no history: adding up all histories gives 15% too little. The session's own sums, 53% too little without cached tokens, count them differently for each provider, and its costs are the same for every model.",
  gaps: [
    { what: "times of responses", why: "a session has only the time of its start, at which all of it is counted" },
    {
      what: "models of subagents, compactions and compacted responses",
      why: "they are only part of a session's sum: what it contains beyond its responses is counted without model and price",
    },
    {
      what: "cached tokens of OpenAI's responses and in sums",
      why: "where they are not separated, they are counted as uncached input",
    },
    { what: "runs that were interrupted or failed", why: "with -p nothing is written before the end of a run" },
    { what: "titles and interrupted responses", why: "their usage is written nowhere" },
    { what: "outcomes and durations of commands", why: "a command that fails is recorded like one that succeeds" },
    {
      what: "tokens of the extension in an editor",
      why: "its sessions could not be tested: usage in another form is listed as skipped",
    },
  ],
};

export { continueCli as continue };
