import type { Environment } from "../utils/config.ts";
import { parentOf } from "../utils/small-files.ts";
import { lazyReader, type DocumentStore, type LineStore, type Source } from "./contract.ts";

const where = {
  roots: (env: Environment, home: string): string[] => [`${env["GEMINI_CLI_HOME"] || home}/.gemini/tmp`],
  account: parentOf,
  // <project>/chats/<parent session>
  enters: (path: string): boolean => /^[^/]+(\/chats(\/[^/]+)?)?$/.test(path),
};

/** Chats: session-<time>-<id>.jsonl, and those of subagents in a folder named after the parent's session. */
const chats: LineStore = {
  ...where,
  kind: "lines",
  name: "chats",
  owns: (path) => /^[^/]+\/chats\/([^/]+\/)?[^/]+\.jsonl$/.test(path),
  ...lazyReader(async () => (await import("./gemini-cli/reading.ts")).readChat),
};

/**
 * Chats of versions before 0.39: session-<time>-<id>.json. If such a chat is continued, the old file stays beside the
 * new .jsonl.
 */
const oldChats: DocumentStore = {
  ...where,
  kind: "document",
  name: "old-chats",
  owns: (path) => /^[^/]+\/chats\/([^/]+\/)?session-[^/]+\.json$/.test(path),
  ...lazyReader(async () => (await import("./gemini-cli/reading.ts")).readOldChat),
};

/** Google's Gemini CLI. */
export const geminiCli: Source = {
  name: "gemini-cli",
  title: "Gemini CLI",
  description: "tokens, thoughts separately, prompts, tools, files, git, subagents, compactions",
  tested: "0.61.0",
  stores: [chats, oldChats],
  caveats:
    "A response that uses a tool is written twice (58% too much), and a resumed session has lost earlier responses (49% too little). Its input includes cached tokens; its output excludes thoughts.",
  gaps: [
    { what: "requests of its own", why: "summaries, routing, compression and empty answers are in no chat" },
    { what: "interrupted responses", why: "nothing is written when a response is interrupted" },
    {
      what: "deleted chats",
      why: "it deletes chats after 30 days, and sometimes after a resumption: only what was read before is known",
    },
    { what: "durations of tools, branches, versions", why: "chats do not contain them" },
  ],
};
