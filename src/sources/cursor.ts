import type { Environment } from "../utils/config.ts";
import { petsOf } from "../utils/paths.ts";
import { loadedLater, type LineStore, type Source, type TableStore } from "./contract.ts";
import { stopHook } from "./cursor/hook.ts";

/** Transcripts of the agent: <workspace>/agent-transcripts/<id>/<id>.jsonl with subagents/ beside it, of old <id>.txt. */
const transcripts: LineStore = {
  kind: "lines",
  name: "transcripts",
  roots: (_, home) => [`${home}/.cursor/projects`],
  owns: (path) => /^[^/]+\/agent-transcripts\/.+\.(?:jsonl|txt)$/.test(path),
  enters: (path) => /^[^/]+(?:\/agent-transcripts(?:\/.*)?)?$/.test(path),
  ...loadedLater(async () => (await import("./cursor/reading.ts")).readTranscripts),
};

/** The editor's own state. Of its tables, one also keeps the user's login: that one is never asked. */
const state: TableStore = {
  kind: "tables",
  name: "state",
  roots: (env, home) => settingsOf(env, home).map((path) => `${path}/Cursor/User/globalStorage`),
  owns: (path) => path === "state.vscdb",
  enters: () => false,
  ...loadedLater(async () => (await import("./cursor/reading.ts")).readState),
};

/** What the stop hook kept: see `pawprint setup cursor`. */
const stops: LineStore = {
  kind: "lines",
  name: "stops",
  roots: (env, home) => [`${petsOf(env, home)}/hooks`],
  owns: (path) => path === "cursor.jsonl",
  enters: () => false,
  ...loadedLater(async () => (await import("./cursor/reading.ts")).readStops),
};

/** Where programs keep their settings: Linux, macOS, Windows. */
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
 * Cursor, the editor and its command line. No version of it could be run where this was written: the shapes are those that
 * others published, and what is told here is no more than these prove. Tokens are known only of old versions and by the hook.
 */
export const cursor: Source = {
  name: "cursor",
  title: "Cursor",
  description: "prompts, tools, edited files, git; tokens of old versions, and of each turn by our hook",
  tested: null,
  stores: [transcripts, state, stops],
  hook: stopHook,
  misleads:
    "What its window shows is how full the context is, not what was spent. Tools that show tokens of Cursor guess them from the number of letters.",
  gaps: [
    {
      what: "tokens of turns",
      why: "Cursor has not written them down since early 2026; `pawprint setup cursor` keeps what it tells from then on",
    },
    { what: "cached tokens of old versions", why: "they wrote down input and output only" },
    { what: "whether tools succeeded", why: "transcripts hold no results; the editor's state does" },
    { what: "times within a turn", why: "transcripts tell the time of a prompt, to the minute" },
    { what: "subagents and the model chosen by Auto", why: 'the hook tells one sum for each turn, and "default"' },
  ],
};
