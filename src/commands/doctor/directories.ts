import { existsSync, readdirSync } from "node:fs";
import { messageOf } from "../../utils/errors.ts";
import { settingsDirectories, transcriptDirectories } from "../../utils/paths.ts";
import { clean } from "../../utils/terminal.ts";
import { type Check, note, ours, says } from "./check.ts";
import { isOurCommand, realPathOf } from "../../install/command.ts";
import type { Machine } from "../../install/machine.ts";
import { readSettingsFile } from "../../install/settings.ts";
import { statusLineOf } from "../../install/status-line.ts";
import { realPath } from "../../utils/files.ts";

/** Most directories named in one message; the others are only counted. */
const MAX_NAMED = 5;

/**
 * Checks configuration directories other than the first: those in CLAUDE_CONFIG_DIR whose settings lack our line, and
 * others in the home directory that hold transcripts but are not read.
 */
export function directoryChecks(machine: Machine): Check[] {
  return [...lineChecks(machine), ...unreadCheck(machine)];
}

function lineChecks({ env, places }: Machine): Check[] {
  const paths = settingsDirectories(env, places.home).map((directory) => `${directory}/settings.json`);
  // A link to a directory already in the list does not count as another one.
  const real = paths.map(realPathOf);
  const others = paths.filter((path, at) => at > 0 && real.indexOf(realPathOf(path)) === at);
  return others.flatMap((path): Check[] => {
    try {
      const { text } = readSettingsFile(path);
      if (text !== null && isOurCommand(places, statusLineOf(text)?.value)) return [];
      return [note("line", says`is not set in ${path}`, "run: pawprint install")];
    } catch (error) {
      return [note("line", says`${messageOf(error)}`, `correct ${path}`)];
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
  const more = all.length > MAX_NAMED ? ` and ${all.length - MAX_NAMED} more` : "";
  const named = all.slice(0, MAX_NAMED).map((path) => clean(path, 200));
  const list = [...read.filter((directory) => existsSync(directory)), ...all].join(",");
  return [
    note(
      "accounts",
      says`${named.join(", ")}${ours(more)} ${ours(all.length === 1 ? "holds" : "hold")} transcripts that are not read`,
      `to count them, run: CLAUDE_CONFIG_DIR='${clean(list, 2_000)}' pawprint scan (set it only for pawprint: Claude Code accepts one directory)`,
    ),
  ];
}

/** Directories with projects that are named like configuration directories: ~/.claude, ~/.claude-work, ~/.config/claude ... */
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
