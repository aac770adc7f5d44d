import { isAbsolute, join } from "node:path";
import type { Environment } from "../utils/config.ts";
import { parentOf } from "../utils/small-files.ts";
import { loadedLater, type DocumentStore, type Source, type TableStore } from "./contract.ts";

function dataFolder(env: Environment, home: string): string {
  const given = env["XDG_DATA_HOME"] ?? "";
  return join(isAbsolute(given) ? given : join(home, ".local/share"), "opencode");
}

/** The database: opencode.db, opencode-<channel>.db, or the one that OPENCODE_DB names. */
const database: TableStore = {
  kind: "tables",
  name: "database",
  roots(env, home) {
    const folder = dataFolder(env, home);
    const given = env["OPENCODE_DB"] ?? "";
    return given === "" ? [folder] : [folder, isAbsolute(given) ? given : join(folder, given)];
  },
  account: (root) => (root.endsWith(".db") ? parentOf(root) : root),
  owns: (path) => /^opencode(-[^/]+)?\.db$/.test(path),
  enters: () => false,
  ...loadedLater(async () => (await import("./opencode/reading.ts")).readDatabase),
};

/** One JSON document for each session and message, as 1.1 wrote them; later versions take them into the database and leave them. */
const documents: DocumentStore = {
  kind: "document",
  name: "documents",
  roots: (env, home) => [join(dataFolder(env, home), "storage")],
  account: parentOf,
  owns: (path) => /^(session|message)\/[^/]+\/[^/]+\.json$/.test(path),
  enters: (path) => /^(session|message)(\/[^/]+)?$/.test(path),
  ...loadedLater(async () => (await import("./opencode/reading.ts")).readDocument),
};

/** opencode. */
export const opencode: Source = {
  name: "opencode",
  title: "opencode",
  meaning:
    "tokens, reasoning apart, costs as it reckons them, prompts, tools with durations, files, git, subagents, compactions",
  tested: "1.18.33",
  stores: [database, documents],
  misleads:
    "A fork copies its responses under new ids (12 % too much), and what was undone goes. Costs of versions up to 1.3.2 hold reasoning twice, so that they are reckoned anew.",
  gaps: [
    { what: "titles", why: "the request that names a session stands in no table" },
    { what: "interrupted responses", why: "a response that was cut is written down with zeros" },
    { what: "deleted sessions", why: "all that belongs to a session goes with it; what was read before stays counted" },
  ],
};
