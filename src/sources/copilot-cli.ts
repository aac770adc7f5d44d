import { isAbsolute, join } from "node:path";
import type { Environment } from "../utils/config.ts";
import { parentOf } from "../utils/small-files.ts";
import { lazyReader, type LineStore, type Source, type TableStore } from "./contract.ts";

function folder(env: Environment, home: string): string {
  const given = env["COPILOT_HOME"] ?? "";
  return isAbsolute(given) ? given : join(home, ".copilot");
}

/** Every response of all sessions, including deleted ones. Exists since a version between 1.0.24 and 1.0.75. */
const database: TableStore = {
  kind: "tables",
  name: "database",
  roots: (env, home) => [folder(env, home)],
  account: (root) => root,
  owns: (path) => path === "session-store.db",
  enters: () => false,
  ...lazyReader(async () => (await import("./copilot-cli/reading.ts")).readDatabase),
};

/** What sessions did, and since 1.0.102 also every response: session-state/<session>/events.jsonl. */
const events: LineStore = {
  kind: "lines",
  name: "events",
  roots: (env, home) => [join(folder(env, home), "session-state")],
  account: parentOf,
  owns: (path) => /^[^/]+\/events\.jsonl$/.test(path),
  enters: (path) => !path.includes("/"),
  ...lazyReader(async () => (await import("./copilot-cli/reading.ts")).readEvents),
};

/** GitHub Copilot CLI. */
export const copilotCli: Source = {
  name: "copilot-cli",
  title: "Copilot CLI",
  description: "tokens, reasoning separately, prompts, tools, files, git, branches, subagents, compactions",
  tested: "1.0.102",
  resume: "copilot --resume",
  stores: [database, events],
  caveats:
    "The totals at the end of a run cover that run, or since 1.0.75 the whole session; their input includes cache reads and writes. Costs are given as multipliers and credits, not in dollars.",
  gaps: [
    { what: "interrupted responses", why: "the usage of an interrupted response is not written" },
    {
      what: "sessions of old versions that were killed",
      why: "up to 1.0.24 only a run that ended normally wrote its input tokens, and its responses are one total per model",
    },
    { what: "costs", why: "requests are counted in units of the subscription, not in money" },
  ],
};
