import { join } from "node:path";
import { parentOf } from "../utils/small-files.ts";
import { lazyReader, type DocumentStore, type Source } from "./contract.ts";
import { databaseStore, dataFolder } from "./opencode-messages/store.ts";

/** The database: opencode.db, opencode-<channel>.db, or the file named by OPENCODE_DB. */
const database = databaseStore({ folder: "opencode", names: /^opencode(-[^/]+)?\.db$/, variable: "OPENCODE_DB" });

/**
 * One JSON document per session and message, as written by 1.1. Later versions import them into the database and leave
 * the files.
 */
const documents: DocumentStore = {
  kind: "document",
  name: "documents",
  roots: (env, home) => [join(dataFolder("opencode", env, home), "storage")],
  account: parentOf,
  owns: (path) => /^(session|message)\/[^/]+\/[^/]+\.json$/.test(path),
  enters: (path) => /^(session|message)(\/[^/]+)?$/.test(path),
  ...lazyReader(async () => (await import("./opencode-messages/reading.ts")).readDocument),
};

/** The coding agent opencode. */
export const opencode: Source = {
  name: "opencode",
  title: "opencode",
  description:
    "tokens, reasoning separately, its own cost estimates, prompts, tools with durations, files, git, subagents, compactions",
  tested: "1.18.33",
  resume: "opencode --session",
  stores: [database, documents],
  caveats:
    "A fork copies its responses under new ids (12% too much), and undone responses disappear. Costs of versions up to 1.3.2 count reasoning twice, so they are computed again.",
  gaps: [
    { what: "titles", why: "the request that names a session is in no table" },
    { what: "interrupted responses", why: "an interrupted response is written with zeros" },
    {
      what: "deleted sessions",
      why: "opencode deletes everything that belongs to a session; what was read before stays counted",
    },
  ],
};
