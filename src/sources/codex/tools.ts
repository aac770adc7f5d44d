import { type Fields, fields, isFields, lineCountOf, parse, text } from "../../utils/json.ts";

/** A file changed by a patch. */
export interface PatchChange {
  readonly path: string;
  readonly name: "create" | "update" | "delete";
  readonly added: number;
  readonly removed: number;
}

/** How a tool ended. */
export interface ToolOutcome {
  /** Null if the output does not say: the command is still running, or another line reports its end. */
  readonly ok: boolean | null;
  /** Milliseconds; null if unknown. */
  readonly duration: number | null;
}

const MAX_SCRIPT_LENGTH = 1_000_000;

/** Returns the shell script of a call or an item. A command is either a text or the arguments of `bash -lc script`. */
export function scriptOf(command: unknown): string {
  if (typeof command === "string") return command.slice(0, MAX_SCRIPT_LENGTH);
  if (!Array.isArray(command)) return "";
  const words = command.filter((word) => typeof word === "string");
  const script = /^-[a-z]*c$/.test(words[1] ?? "") ? (words[2] ?? "") : words.join(" ");
  return script.slice(0, MAX_SCRIPT_LENGTH);
}

/**
 * Returns the script or patch that a call runs, and its working directory. The script is empty if the call runs
 * neither.
 */
export function commandOf(call: Fields, project: string): { script: string; folder: string } {
  const asked = parse(text(call["arguments"], MAX_SCRIPT_LENGTH * 4)) ?? fields(call["action"]);
  const script = scriptOf(asked["cmd"] ?? asked["command"] ?? call["input"]);
  const folder = text(asked["workdir"]) || text(asked["working_directory"]);
  return { script, folder: folder ? resolveIn(project, folder) : project };
}

/**
 * Returns the outcome in a tool's output. Depending on the version, the exit code is in JSON around the output or in
 * text before it; other failures are reported as text only.
 */
export function outcomeOf(output: unknown): ToolOutcome {
  const result = typeof output === "string" ? (/^\s*\{/.test(output) ? parse(output) : null) : output;
  if (isFields(result) && isFields(result["metadata"])) {
    const { exit_code: code, duration_seconds: seconds } = result["metadata"];
    return { ok: code === 0, duration: milliseconds(seconds) };
  }
  const head = text(output, 400);
  const code = /^(?:Exit code:|Process exited with code) (-?\d+)$/m.exec(head)?.[1];
  const seconds = /^Wall time: ([\d.]+) seconds$/m.exec(head)?.[1];
  const isRunning = /^Process running with session ID/m.test(head);
  const duration = seconds === undefined || isRunning ? null : milliseconds(Number(seconds));
  if (code !== undefined) return { ok: code === "0", duration };
  const isFailed = /^(?:error\b|failed\b|apply_patch verification failed)/i.test(head) || isAborted(output);
  return {
    ok: isFailed || fields(result)["success"] === false ? false : /^Success\b/.test(head) ? true : null,
    duration,
  };
}

/** Whether a tool's output says that the user interrupted it. */
export const isAborted = (output: unknown): boolean => /\baborted by user\b/.test(text(output, 400));

const milliseconds = (seconds: unknown): number | null =>
  typeof seconds === "number" && seconds >= 0 && seconds < 1e8 ? Math.round(seconds * 1_000) : null;

/** Converts {secs, nanos} to milliseconds. */
export function durationOf(value: unknown): number | null {
  const { secs, nanos } = fields(value);
  return typeof secs === "number" && typeof nanos === "number" ? milliseconds(secs + nanos / 1e9) : null;
}

/** Reads the changes of an item, keyed by file path. */
export function changesIn(changes: unknown): PatchChange[] {
  return Object.entries(fields(changes)).map(([path, value]) => {
    const change = fields(value);
    const target = text(change["move_path"]) || path.slice(0, 1_024);
    if (change["type"] === "update") return { path: target, name: "update", ...countSigns(change["unified_diff"]) };
    const lines = lineCountOf(change["content"]);
    return change["type"] === "add"
      ? { path: target, name: "create", added: lines, removed: 0 }
      : { path: target, name: "delete", added: 0, removed: lines };
  });
}

function countSigns(diff: unknown): { added: number; removed: number } {
  const counted = { added: 0, removed: 0 };
  if (typeof diff === "string") for (const line of diff.split("\n")) countSign(counted, line);
  return counted;
}

function countSign(counted: { added: number; removed: number }, line: string): void {
  if (line.startsWith("+")) counted.added++;
  else if (line.startsWith("-")) counted.removed++;
}

const NAMES = { Add: "create", Update: "update", Delete: "delete" } as const;

/**
 * Reads the files that a patch changes from its text, because older versions record them nowhere else. The number of
 * lines in a deleted file is unknown. Paths are resolved against `folder`.
 */
export function patchIn(script: string, folder: string): PatchChange[] {
  const from = script.indexOf("*** Begin Patch");
  if (from < 0) return [];
  const found: { path: string; name: PatchChange["name"]; added: number; removed: number }[] = [];
  for (const line of script.slice(from, from + MAX_SCRIPT_LENGTH).split("\n")) {
    if (line.startsWith("*** End Patch")) break;
    const [, verb, name = ""] = /^\*\*\* (Add|Update|Delete) File: (.+)$/.exec(line) ?? [];
    const last = found.at(-1);
    const moved = /^\*\*\* Move to: (.+)$/.exec(line)?.[1];
    if (verb)
      found.push({ path: resolveIn(folder, name), name: NAMES[verb as keyof typeof NAMES], added: 0, removed: 0 });
    else if (moved && last) last.path = resolveIn(folder, moved);
    else if (last) countSign(last, line);
  }
  return found;
}

const resolveIn = (folder: string, path: string): string =>
  (/^(?:\/|[A-Za-z]:)/.test(path) || folder === "" ? path : `${folder}/${path}`).trim().slice(0, 1_024);
