import { isAbsolute, join } from "node:path";
import type { Environment } from "../utils/config.ts";
import { parentOf } from "../utils/small-files.ts";
import { type DocumentStore, lazyReader, type LineStore, type Source } from "./contract.ts";

/** Files of sessions are in one folder per working directory. */
const where = {
  roots(env: Environment, home: string): string[] {
    const given = env["FACTORY_HOME_OVERRIDE"] ?? "";
    const homes = isAbsolute(given) ? [given, home] : [home];
    return homes.map((one) => join(one, ".factory/sessions"));
  },
  account: parentOf,
  enters: (path: string): boolean => !path.includes("/"),
};

/** What sessions did: <session>.jsonl. */
const transcripts: LineStore = {
  ...where,
  kind: "lines",
  name: "transcripts",
  owns: (path) => path.endsWith(".jsonl"),
  ...lazyReader(async () => (await import("./droid/reading.ts")).readTranscript),
};

/** What sessions used, as one total: <session>.settings.json. Older totals are kept in files that end with .bak. */
const settings: DocumentStore = {
  ...where,
  kind: "document",
  name: "settings",
  owns: (path) => path.endsWith(".settings.json"),
  ...lazyReader(async () => (await import("./droid/reading.ts")).readSettings),
};

/** Factory's Droid. */
export const droid: Source = {
  name: "droid",
  title: "Droid",
  description:
    "tokens of each session, reasoning with OpenAI's Responses API, prompts, tools, files, git, subagents, compactions",
  tested: "0.225.2",
  resume: "droid --resume",
  stores: [transcripts, settings],
  caveats:
    "Only the total of each session is written: what was added since Pawprint last read it counts as one response, at the time of the last answer. A session that `/compress` begins starts with the total of the one before (28% too much if all are added up), and a backup beside each session has its total again (more than twice as much).",
  responseUnit: "what was added to the total of a session since it was last read",
  gaps: [
    { what: "single responses", why: "only the total of a session is written, not the tokens of each response" },
    { what: "several models in one session", why: "the total names only the model chosen last" },
    {
      what: "names and costs of your own models",
      why: "only the name in Droid's menu is written, and no cost in dollars",
    },
    { what: "interrupted responses", why: "an interrupted response is not added to the total" },
    {
      what: "cache writes and reasoning with some providers",
      why: "cache writes are part of the input with OpenAI, and reasoning is separate only with its Responses API",
    },
    {
      what: "sessions used again after `/compress`",
      why: "how much the next session copied is written nowhere; it is known only if Pawprint read it before",
    },
    { what: "branches, versions, durations of tools", why: "transcripts do not contain them" },
  ],
};
