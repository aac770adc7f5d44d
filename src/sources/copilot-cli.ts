import { isAbsolute, join } from "node:path";
import type { Environment } from "../utils/config.ts";
import { parentOf } from "../utils/small-files.ts";
import { loadedLater, type LineStore, type Source, type TableStore } from "./contract.ts";

function folder(env: Environment, home: string): string {
  const given = env["COPILOT_HOME"] ?? "";
  return isAbsolute(given) ? given : join(home, ".copilot");
}

/** Every response of all sessions, also of those that were deleted; since a version between 1.0.24 and 1.0.75. */
const database: TableStore = {
  kind: "tables",
  name: "database",
  roots: (env, home) => [folder(env, home)],
  account: (root) => root,
  owns: (path) => path === "session-store.db",
  enters: () => false,
  ...loadedLater(async () => (await import("./copilot-cli/reading.ts")).readDatabase),
};

/** What sessions did, and from 1.0.102 on also every response: session-state/<session>/events.jsonl. */
const events: LineStore = {
  kind: "lines",
  name: "events",
  roots: (env, home) => [join(folder(env, home), "session-state")],
  account: parentOf,
  owns: (path) => /^[^/]+\/events\.jsonl$/.test(path),
  enters: (path) => !path.includes("/"),
  ...loadedLater(async () => (await import("./copilot-cli/reading.ts")).readEvents),
};

/** GitHub Copilot CLI. */
export const copilotCli: Source = {
  name: "copilot-cli",
  title: "Copilot CLI",
  meaning: "tokens, reasoning apart, prompts, tools, files, git, branches, subagents, compactions",
  tested: "1.0.102",
  stores: [database, events],
  misleads:
    "What it says at the end of a run is of that run, or since 1.0.75 of the whole session; its input holds all that the cache gave and took. It tells multipliers and credits, no dollars.",
  gaps: [
    { what: "interrupted responses", why: "nothing is written of what a response used that was cut" },
    {
      what: "sessions of old versions that were killed",
      why: "up to 1.0.24 only a run that ended in order tells its input; its responses are one sum for each model",
    },
    { what: "costs", why: "requests are told in units of the subscription, not in money" },
  ],
};
