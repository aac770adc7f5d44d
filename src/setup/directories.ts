import { existsSync, readdirSync } from "node:fs";
import { messageOf } from "../utils/errors.ts";
import { settingsDirectories, transcriptDirectories } from "../utils/paths.ts";
import { clean } from "../utils/terminal.ts";
import { type Check, note } from "./check.ts";
import { isOurCommand, realPathOf } from "./command.ts";
import type { Machine } from "./machine.ts";
import { readSettingsFile } from "./settings.ts";
import { statusLineOf } from "./status-line.ts";
import { realPath } from "../utils/files.ts";

/** Directories named in one message; more of them are counted. */
const MOST_NAMED = 5;

/**
 * Looks at configuration directories besides the first: those of CLAUDE_CONFIG_DIR whose settings lack our line, and those
 * that lie beside it, hold transcripts, and are not read.
 */
export function directoryChecks(machine: Machine): Check[] {
  return [...lineChecks(machine), ...unreadCheck(machine)];
}

function lineChecks({ env, places }: Machine): Check[] {
  const paths = settingsDirectories(env, places.home).map((directory) => `${directory}/settings.json`);
  // A link to a directory of the list is no other one.
  const real = paths.map(realPathOf);
  const others = paths.filter((path, at) => at > 0 && real.indexOf(realPathOf(path)) === at);
  return others.flatMap((path): Check[] => {
    try {
      const { text } = readSettingsFile(path);
      if (text !== null && isOurCommand(places, statusLineOf(text)?.value)) return [];
      return [note("line", `is not in ${path}`, "run: pawprint install")];
    } catch (error) {
      return [note("line", messageOf(error), `correct ${path}`)];
    }
  });
}

function unreadCheck({ env, places: { home } }: Machine): Check[] {
  const read = transcriptDirectories(env, home);
  const known = new Set(read.map((directory) => realPath(`${directory}/projects`)));
  const unread = new Map<string, string>();
  for (const directory of directoriesIn(home)) {
    const real = realPath(`${directory}/projects`);
    if (real !== null && !known.has(real) && !unread.has(real)) unread.set(real, directory);
  }
  if (unread.size === 0) return [];
  const all = [...unread.values()];
  const more = all.length > MOST_NAMED ? ` and ${all.length - MOST_NAMED} more` : "";
  const named = all.slice(0, MOST_NAMED).map((path) => clean(path, 200));
  const list = [...read.filter((directory) => existsSync(directory)), ...all].join(",");
  return [
    note(
      "accounts",
      `${named.join(", ")}${more} ${all.length === 1 ? "holds" : "hold"} transcripts that are not read`,
      `to count them: CLAUDE_CONFIG_DIR='${clean(list, 2_000)}' pawprint scan (only for pawprint: Claude Code itself takes one directory)`,
    ),
  ];
}

/** Directories that are named as configuration directories are: ~/.claude, ~/.claude-work, ~/.config/claude and the like. */
function directoriesIn(home: string): string[] {
  return [
    ...namesIn(home, /^\.claude(?:[-_.].*)?$/i).map((name) => `${home}/${name}`),
    ...namesIn(`${home}/.config`, /^claude(?:[-_.].*)?$/i).map((name) => `${home}/.config/${name}`),
  ].filter((directory) => namesIn(`${directory}/projects`, /./).length > 0);
}

function namesIn(directory: string, form: RegExp): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => form.test(name))
      .toSorted();
  } catch {
    return [];
  }
}
