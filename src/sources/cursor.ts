import type { Environment } from "../utils/config.ts";
import { petsOf } from "../utils/paths.ts";
import { lazyReader, type LineStore, type Source, type TableStore } from "./contract.ts";
import { stopHook } from "./cursor/hook.ts";

/**
 * Transcripts of the agent: <workspace>/agent-transcripts/<id>/<id>.jsonl with subagents/ beside it; old versions wrote
 * <id>.txt.
 */
const transcripts: LineStore = {
  kind: "lines",
  name: "transcripts",
  roots: (_, home) => [`${home}/.cursor/projects`],
  owns: (path) => /^[^/]+\/agent-transcripts\/.+\.(?:jsonl|txt)$/.test(path),
  enters: (path) => /^[^/]+(?:\/agent-transcripts(?:\/.*)?)?$/.test(path),
  ...lazyReader(async () => (await import("./cursor/reading.ts")).readTranscripts),
};

/** The editor's own state. One of its tables also contains the user's login; that table is never queried. */
const state: TableStore = {
  kind: "tables",
  name: "state",
  roots: (env, home) => settingsOf(env, home).map((path) => `${path}/Cursor/User/globalStorage`),
  owns: (path) => path === "state.vscdb",
  enters: () => false,
  ...lazyReader(async () => (await import("./cursor/reading.ts")).readState),
};

/** Data stored by the stop hook: see `pawprint setup cursor`. */
const stops: LineStore = {
  kind: "lines",
  name: "stops",
  roots: (env, home) => [`${petsOf(env, home)}/hooks`],
  owns: (path) => path === "cursor.jsonl",
  enters: () => false,
  ...lazyReader(async () => (await import("./cursor/reading.ts")).readStops),
};

/** Directories in which programs keep their settings on Linux, macOS and Windows. */
function settingsOf(env: Environment, home: string): string[] {
  const windows = env["APPDATA"]?.replaceAll("\\", "/");
  const linux = env["XDG_CONFIG_HOME"];
  return [
    linux?.startsWith("/") ? linux : `${home}/.config`,
    `${home}/Library/Application Support`,
    windows || `${home}/AppData/Roaming`,
  ];
}

/**
 * Cursor, the editor and its command line. No version was available for testing, so the formats come from published
 * examples, and only what these show is read. Tokens are known only for old versions, and through the hook.
 */
export const cursor: Source = {
  name: "cursor",
  title: "Cursor",
  description: "prompts, tools, edited files, git; tokens of old versions, and of each turn through a hook",
  tested: null,
  stores: [transcripts, state, stops],
  hook: stopHook,
  caveats:
    "Its window shows how full the context is, not how many tokens were used. Tools that show tokens for Cursor estimate them from the number of characters.",
  gaps: [
    {
      what: "tokens of turns",
      why: "Cursor has not written them since early 2026; `pawprint setup cursor` records what Cursor reports from then on",
    },
    { what: "cached tokens of old versions", why: "they wrote input and output only" },
    { what: "whether tools succeeded", why: "transcripts contain no results; only the editor's state does" },
    { what: "times within a turn", why: "transcripts contain only the time of each prompt, to the minute" },
    { what: "subagents and the model chosen by Auto", why: 'the hook reports one total per turn, and "default"' },
  ],
};
