import type { Source } from "./contract.ts";
import { databaseStore } from "./opencode-messages/store.ts";

/** The command line of Kilo Code, which is built on opencode and has its database. */
export const kilo: Source = {
  name: "kilo",
  title: "Kilo CLI",
  description:
    "tokens, reasoning separately, its own cost estimates, prompts, tools with durations, files, git, subagents, compactions",
  tested: "7.7.9",
  stores: [
    // kilo.db, kilo-<channel>.db, the same of opencode in Kilo's folder, or the file named by KILO_DB.
    databaseStore({ folder: "kilo", names: /^(?:kilo(-[^/]+)?|opencode-[^/]+)\.db$/, variable: "KILO_DB" }),
  ],
  caveats:
    "A fork copies its responses, and those of its subagents, under new ids and without a cost (13% too much), and undone responses disappear. The cost of a message that starts a subagent includes the subagent's, and costs of version 7.0 count reasoning twice; both are computed again.",
  gaps: [
    { what: "titles", why: "the request that names a session is in no table" },
    { what: "interrupted responses", why: "an interrupted response is written with zeros, or not at all" },
    {
      what: "cache writes with OpenAI",
      why: "version 7.7 separates them from other input only in the format of OpenAI's responses, 7.0 not at all",
    },
    {
      what: "deleted sessions",
      why: "Kilo deletes everything that belongs to a session; what was read before stays counted",
    },
  ],
};
