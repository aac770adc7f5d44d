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
    "Forks copy responses, compactions remove them, and the responses of subagents are in no history: adding up all histories gives 15% too little. The sum that each session keeps has cached tokens inside or beside its input, depending on the provider: without them it is 53% too little. Its costs use one price for every model.",
  gaps: [
    { what: "times of responses", why: "a session has only the time of its start, at which all of it is counted" },
    {
      what: "models of subagents, compactions and what they removed",
      why: "these tokens are only part of a session's sum, so they are counted without a model and a price",
    },
    {
      what: "some cached tokens with OpenAI",
      why: "its Responses API and the sums of sessions do not have them separately, so they count as other input",
    },
    { what: "runs that were interrupted or failed", why: "with -p nothing is written before the end of a run" },
    { what: "titles and interrupted responses", why: "their usage is written nowhere" },
    { what: "outcomes and durations of commands", why: "a command that fails is recorded like one that succeeds" },
    {
      what: "tokens of the extension in an editor",
      why: "its sessions could not be tested; usage in another form is skipped, and `pawprint scan --explain` lists it",
    },
  ],
};

export { continueCli as continue };
