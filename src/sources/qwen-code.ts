import type { Environment } from "../utils/config.ts";
import { parentOf } from "../utils/small-files.ts";
import { lazyReader, type LineStore, type Source } from "./contract.ts";
import { RECORDS } from "./qwen-code/places.ts";

/** Directories of its files. Sessions may be stored apart from the rest. */
function folders(env: Environment, home: string): string[] {
  const own = [env["QWEN_HOME"] || "~/.qwen", env["QWEN_RUNTIME_DIR"], env["QWEN_DATA_DIR"]];
  return own.flatMap((path) => (path ? path.replace(/^~(?=\/|$)/, home) : []));
}

/** Chats: projects/<folder>/chats/<session>.jsonl, and those of subagents, which contain no usage of their own. */
const chats: LineStore = {
  kind: "lines",
  name: "chats",
  roots: (env, home) => folders(env, home).map((folder) => `${folder}/projects`),
  account: parentOf,
  owns: (path) => /^[^/]+\/(chats|subagents\/[^/]+)\/[^/]+\.jsonl$/.test(path),
  enters: (path) => /^[^/]+(\/(chats|subagents(\/[^/]+)?))?$/.test(path),
  ...lazyReader(async () => (await import("./qwen-code/reading.ts")).readChat),
};

/** Total usage of each run of the program: one line when the run ends. */
const records: LineStore = {
  kind: "lines",
  name: "usage-records",
  roots: (env, home) => folders(env, home).map((folder) => `${folder}/${RECORDS}`),
  account: parentOf,
  owns: () => false,
  ...lazyReader(async () => (await import("./qwen-code/reading.ts")).readUsageRecords),
};

/** Alibaba's Qwen Code. */
export const qwenCode: Source = {
  name: "qwen-code",
  title: "Qwen Code",
  description:
    "tokens, thoughts separately, prompts, tools with durations, files, git, branches, subagents, compactions",
  tested: "0.24.4",
  resume: "qwen --resume",
  stores: [chats, records],
  caveats:
    "Each response is in the telemetry and in the chat (58% too much); `usage_record.jsonl` adds up a session again at each exit (39%). Whether output includes thoughts depends on how the user signed in.",
  gaps: [
    { what: "interrupted responses", why: "the usage of an interrupted response is written nowhere" },
    {
      what: "single background requests",
      why: "suggested prompts are only part of a total per run, written when it ends, and not at all if the program is killed",
    },
    {
      what: "sessions without a chat",
      why: "the total cannot be separated from what was read before the chat was deleted",
    },
  ],
};
