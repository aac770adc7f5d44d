import { parentOf } from "../utils/small-files.ts";
import { lazyReader, type LineStore, type Source } from "./contract.ts";

/** Threads: sessions/<year>/<month>/<day>/rollout-<time>-<thread>.jsonl; in archived_sessions without date folders. */
const rollouts: LineStore = {
  kind: "lines",
  name: "rollouts",
  roots(env, home) {
    const given = env["CODEX_HOME"]?.replace(/^~(?=\/|$)/, home);
    const place = given || `${home}/.codex`;
    return [`${place}/sessions`, `${place}/archived_sessions`];
  },
  account: parentOf,
  owns: (path) => /(?:^|\/)rollout-[^/]*\.jsonl(?:\.zst)?$/.test(path),
  ...lazyReader(async () => (await import("./codex/reading.ts")).readRollout),
};

/** OpenAI's Codex: the terminal program, and everything that stores its threads in the same place. */
export const codex: Source = {
  name: "codex",
  title: "Codex",
  description: "tokens, reasoning separately, limits, service tier, prompts, tools, files, git, subagents, compactions",
  tested: "0.169.0",
  resume: "codex resume",
  stores: [rollouts],
  readerVersion: 2,
  caveats:
    "Events report a thread's running total, some twice, and a fork's total includes its parent's. Adding up the last response of each event gives up to 127% too much, the totals of `state_5.sqlite` 23% too much; `exec --json` reports the total of the thread, not of the turn.",
  gaps: [
    { what: "interrupted and failed responses", why: "their usage is not written when the stream ends early" },
    { what: "titles of sessions", why: "the requests that generate titles are in no rollout" },
    { what: "side chats and ephemeral runs", why: "Codex writes no rollout for them" },
    { what: "deleted threads", why: "Codex removes their rollouts; what was read before stays counted" },
    { what: "compactions before 0.63", why: "the request that summarizes a history was not written" },
    { what: "tokens before 0.36", why: "rollouts of these versions contain no usage" },
  ],
};
