import type { Environment } from "../utils/config.ts";
import type { LineStore, Source } from "./contract.ts";
import { readTranscript, TRANSCRIPT_READER } from "./transcripts/read.ts";

/** Claude Desktop's own folder, and the one that it uses where another provider answers (https://claude.com/docs/cowork/3p/overview). */
const NAMES = ["Claude", "Claude-3p"];
/** The package of Claude Desktop in Windows' store, whose programs find their folders in a place of its own. */
const PACKAGE = "Packages/Claude_pzs8sxrjxfjjc/LocalCache";

/** Where programs of each system keep their data: macOS, Linux, Windows, and Windows' store. */
function dataFolders(env: Environment, home: string): string[] {
  const given = (name: string, other: string): string => {
    const path = env[name]?.replaceAll("\\", "/").replace(/\/+$/, "") ?? "";
    return path.startsWith("/") || /^[A-Za-z]:/.test(path) ? path : `${home}/${other}`;
  };
  const local = given("LOCALAPPDATA", "AppData/Local");
  return [
    `${home}/Library/Application Support`,
    given("XDG_CONFIG_HOME", ".config"),
    given("APPDATA", "AppData/Roaming"),
    local,
    `${local}/${PACKAGE}/Roaming`,
    `${local}/${PACKAGE}/Local`,
  ];
}

/** Folders above those of sessions: workspace, group, and "agent" where the program works for itself. */
const DEEPEST = 3;

/**
 * Transcripts: <workspace>/<group>/local_<session>/.claude/projects/<folder>/<session>.jsonl, and those of subagents below.
 * audit.jsonl beside them repeats the responses, before they are whole; the outputs of a session are the user's files.
 */
const transcripts: LineStore = {
  kind: "lines",
  name: "transcripts",
  roots: (env, home) =>
    dataFolders(env, home).flatMap((folder) => NAMES.map((name) => `${folder}/${name}/local-agent-mode-sessions`)),
  owns: (path) => /(?:^|\/)local_[^/]*\/\.claude\/projects\/.+\.jsonl$/.test(path),
  enters(path) {
    const parts = path.split("/");
    const session = parts.findIndex((part) => part.startsWith("local_"));
    if (session < 0) return parts.length <= DEEPEST && parts[0] !== "skills-plugin";
    const [folder = ".claude", projects = "projects"] = parts.slice(session + 1);
    return folder === ".claude" && projects === "projects";
  },
  read: readTranscript,
};

/** Cowork, the agent of Claude Desktop: Claude Code in a machine of its own, with a directory of its own for each session. */
export const cowork: Source = {
  name: "cowork",
  title: "Claude Cowork",
  meaning: "tokens by class and lifetime of the cache, prompts, tools, files, git, links, subagents, advisors",
  tested: null,
  stores: [transcripts],
  readerVersion: TRANSCRIPT_READER,
  misleads: "`audit.jsonl` repeats each response, most of them before they are whole.",
  gaps: [
    { what: "compactions", why: "the request that sums up a history stands in no transcript" },
    { what: "interrupted responses", why: "what was not received is not written down" },
    { what: "sessions in the cloud", why: "their transcripts are not on this machine" },
    { what: "deleted sessions", why: "Claude Desktop removes their folders; what was read before stays counted" },
  ],
};
