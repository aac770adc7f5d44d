import type { Environment } from "../utils/config.ts";
import { lazyReader, type DocumentStore, type Source } from "./contract.ts";

function sessionsFolder(env: Environment, home: string): string {
  const inHome = (path: string): string => path.replace(/^~(?=\/|$)/, home);
  const data = env["CLINE_DATA_DIR"] || `${env["CLINE_DIR"] || "~/.cline"}/data`;
  return inHome(env["CLINE_SESSION_DATA_DIR"] || `${data}/sessions`);
}

/**
 * Sessions: <session>/<session>.messages.json, those of subagents and teammates beside it, and <session>.compaction.json
 * with the history as it was shortened. All are rewritten after every step.
 */
const sessions: DocumentStore = {
  kind: "document",
  name: "sessions",
  roots: (env, home) => [sessionsFolder(env, home)],
  account: (root) => root.replace(/\/data\/sessions$/, ""),
  owns: (path) => /^[^/]+\/[^/]+\.(messages|compaction)\.json$/.test(path),
  enters: (path) => !path.includes("/"),
  ...lazyReader(async () => (await import("./cline/reading.ts")).readSession),
};

/** The command line program of Cline. */
export const cline: Source = {
  name: "cline",
  title: "Cline",
  description:
    "tokens, its own cost estimates, prompts, tools, files, git, branches, subagents, teammates, compactions",
  tested: "3.0.65",
  resume: "cline --id",
  stores: [sessions],
  caveats:
    "Forks, undo and compactions copy responses: adding up all files gives 35% too much. The sums in a session's own file include what was copied: 19% too much. Its input includes cached and written tokens (27% too much if they are added to it). Its costs come from its own price table.",
  gaps: [
    { what: "interrupted responses", why: "nothing is written when a response is interrupted" },
    { what: "compaction requests", why: "the request that summarizes a history is written nowhere" },
    { what: "deleted sessions", why: "their files are removed: only what was read before is known" },
    { what: "reasoning", why: "it is part of the output and never reported separately" },
    {
      what: "tasks of older extensions in editors",
      why: "they are in other folders and another format, which are not read",
    },
  ],
};
