import { isAbsolute, join } from "node:path";
import type { Environment } from "../utils/config.ts";
import { parentOf } from "../utils/small-files.ts";
import { lazyReader, type LineStore, type Source, type TableStore } from "./contract.ts";

/** Every agent has its files in a folder below "agents" of the state directory. */
const where = {
  roots(env: Environment, home: string): string[] {
    const base = env["OPENCLAW_HOME"]?.replace(/^~(?=\/|$)/, home) || home;
    const given = env["OPENCLAW_STATE_DIR"]?.replace(/^~(?=\/|$)/, home) ?? "";
    const profile = env["OPENCLAW_PROFILE"] ?? "";
    const folders = [isAbsolute(given) ? given : join(base, ".openclaw")];
    if (/^[\w-]+$/.test(profile) && profile !== "default") folders.push(join(base, `.openclaw-${profile}`));
    return folders.map((folder) => join(folder, "agents"));
  },
  account: parentOf,
};

/** Transcripts of an agent: <agent>/agent/openclaw-agent.sqlite. Databases of other names beside it hold locks. */
const database: TableStore = {
  ...where,
  kind: "tables",
  name: "database",
  owns: (path) => /^[^/]+\/agent\/openclaw-agent\.sqlite$/.test(path),
  enters: (path) => /^[^/]+(\/agent)?$/.test(path),
  ...lazyReader(async () => (await import("./openclaw/reading.ts")).readDatabase),
};

/** Transcripts of deleted sessions: <agent>/sessions/<session>.jsonl.deleted.<time>.<hash>.zst. */
const archives: LineStore = {
  ...where,
  kind: "lines",
  name: "archives",
  owns: (path) => /^[^/]+\/sessions\/[^/]+\.jsonl(\.[^/]+)?\.zst$/.test(path),
  enters: (path) => /^[^/]+(\/sessions)?$/.test(path),
  ...lazyReader(async () => (await import("./openclaw/reading.ts")).readArchive),
};

/** The personal assistant OpenClaw. */
export const openclaw: Source = {
  name: "openclaw",
  title: "OpenClaw",
  description:
    "tokens by class and cache lifetime, reasoning if the provider reports it, its own cost estimates, prompts, tools with durations, files, git, subagents, compactions",
  tested: "2026.9.6",
  stores: [database, archives],
  caveats:
    "The list of sessions has the tokens of the last turn only (36 to 80% too little), and the events of the runtime have the sum of each turn again (twice as much if both are added up). Deleted sessions are in archives beside the database. Its costs come from its own settings.",
  gaps: [
    { what: "compactions", why: "the request that summarizes a history is written without its usage" },
    { what: "interrupted responses", why: "nothing is written when a response is interrupted" },
    {
      what: "profiles",
      why: "the files of a profile are found only if OPENCLAW_PROFILE or OPENCLAW_STATE_DIR names it",
    },
    { what: "versions without a database", why: "older versions wrote transcripts to files, which are not read" },
    { what: "branches", why: "transcripts do not contain them" },
  ],
};
