import { type Completion, completions, type UserDirectories } from "../../cli/completion/files.ts";
import { type RecordedChange, removeRecordedFiles, writeRecordedFiles } from "../../install/recorded-files.ts";
import { PawprintError } from "../../utils/errors.ts";
import { find, lookUp } from "../../utils/registry.ts";
import { clean } from "../../utils/terminal.ts";
import type { Context } from "../contract.ts";
import type { SetupItem, SetupResult } from "./contract.ts";

const RECORD = "shell-files.json";

/** Completion for a shell, and the manual page. */
export const completion: SetupItem = {
  name: "completion",
  description: "completion of commands and options in bash, zsh or fish, and the manual page",
  values: completions.map(({ name }) => name),
  async setUp(context, { value, dryRun, remove, print, announce }) {
    if (remove && (print || value !== undefined)) {
      const hint = "run: pawprint setup completion --remove";
      throw new PawprintError("bad_usage", "--remove removes the completions of all shells and the manual page", hint);
    }
    if (remove) return removed(await removeRecordedFiles(context, RECORD, dryRun), dryRun);
    const chosen = value === undefined ? shellOf(context) : find(completions, value, "shell");
    const commands = await context.commands();
    if (print) return { lines: [chosen.print(commands).trimEnd()], json: { text: chosen.print(commands) } };
    const items = [...new Set([chosen, find(completions, "man", "page")])].map((item) => ({
      item,
      files: item.files(directoriesOf(context), item.print(commands)),
    }));
    const files = items.flatMap((one) => one.files);
    const listed = (paths: readonly string[], what: string): string[] =>
      paths.map((path) => `${what} ${path} (${sizeOf(files.find((one) => one.path === path)?.text ?? "")})`);
    // Shown before anything is written.
    const foreseen = await writeRecordedFiles(context, RECORD, files, true);
    for (const line of listed(foreseen.written, dryRun ? "would write" : "writing")) announce(line);
    const done = dryRun ? foreseen : await writeRecordedFiles(context, RECORD, files, false);
    return {
      lines: [
        ...done.unchanged.map((path) => `${path} is up to date`),
        ...(done.written.length > 0 && !dryRun ? ["done; pawprint setup completion --remove removes them"] : []),
        ...items.flatMap(({ item, files: [first] }) => (first ? item.hints(first.path) : [])),
      ],
      json: { completion: chosen.name, written: done.written, unchanged: done.unchanged },
    };
  },
};

/** The completion of the user's shell. Throws bad_usage if SHELL names another one. */
function shellOf({ env }: Context): Completion {
  const name = env["SHELL"]?.split("/").at(-1) ?? "";
  const shell = lookUp(completions, name);
  if (shell) return shell;
  const message = name === "" ? "SHELL is not set" : `there is no completion for the shell ${clean(name)}`;
  throw new PawprintError("bad_usage", message, "name the shell, for example: pawprint setup completion bash");
}

/** The XDG base directories, whose relative paths are to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/ */
function directoriesOf({ env, places }: Context): UserDirectories {
  const named = (name: string, otherwise: string): string => {
    const given = env[name]?.trim() ?? "";
    return given.startsWith("/") ? given : `${places.home}/${otherwise}`;
  };
  return { data: named("XDG_DATA_HOME", ".local/share"), config: named("XDG_CONFIG_HOME", ".config") };
}

function removed({ removed: gone, kept }: RecordedChange, dryRun: boolean): SetupResult {
  const lines = [
    ...gone.map((path) => `${dryRun ? "would remove" : "removed"} ${path}`),
    ...kept.map((path) => `kept ${path}, which was changed after Pawprint wrote it`),
  ];
  return {
    lines: lines.length > 0 ? lines : ["no completion is installed; nothing changed"],
    json: { removed: gone, kept },
  };
}

const sizeOf = (text: string): string => `${(Buffer.byteLength(text) / 1_024).toFixed(1)} KiB`;
