import { type Fields, fields, isFields, parse, text } from "../../utils/json.ts";

/** A file that a patch changed. */
export interface Change {
  readonly path: string;
  readonly name: "create" | "update" | "delete";
  readonly added: number;
  readonly removed: number;
}

/** How a tool ended. */
export interface Outcome {
  /** Null where nothing tells: the command runs on, or is told elsewhere. */
  readonly ok: boolean | null;
  /** Milliseconds; null where it is not told. */
  readonly duration: number | null;
}

const LONGEST_SCRIPT = 1_000_000;

/** The shell script of a call or an item: its command is a text, or the words of `bash -lc script`. */
export function scriptOf(command: unknown): string {
  if (typeof command === "string") return command.slice(0, LONGEST_SCRIPT);
  if (!Array.isArray(command)) return "";
  const words = command.filter((word) => typeof word === "string");
  const script = /^-[a-z]*c$/.test(words[1] ?? "") ? (words[2] ?? "") : words.join(" ");
  return script.slice(0, LONGEST_SCRIPT);
}

/** What a call runs in a shell, or its patch, and where; without a script where it does neither. */
export function commandOf(call: Fields, project: string): { script: string; folder: string } {
  const asked = parse(text(call["arguments"], LONGEST_SCRIPT * 4)) ?? fields(call["action"]);
  const script = scriptOf(asked["cmd"] ?? asked["command"] ?? call["input"]);
  const folder = text(asked["workdir"]) || text(asked["working_directory"]);
  return { script, folder: folder ? within(project, folder) : project };
}

/**
 * The outcome that a tool's output tells. By version the exit status stands in JSON around the output, or in words before it;
 * what else went wrong is told in words alone.
 */
export function outcomeOf(output: unknown): Outcome {
  const told = typeof output === "string" ? (/^\s*\{/.test(output) ? parse(output) : null) : output;
  if (isFields(told) && isFields(told["metadata"])) {
    const { exit_code: code, duration_seconds: seconds } = told["metadata"];
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
    ok: isFailed || fields(told)["success"] === false ? false : /^Success\b/.test(head) ? true : null,
    duration,
  };
}

/** Whether a tool's output says that the user stopped it. */
export const isAborted = (output: unknown): boolean => /\baborted by user\b/.test(text(output, 400));

const milliseconds = (seconds: unknown): number | null =>
  typeof seconds === "number" && seconds >= 0 && seconds < 1e8 ? Math.round(seconds * 1_000) : null;

/** Milliseconds of {secs, nanos}. */
export function durationOf(value: unknown): number | null {
  const { secs, nanos } = fields(value);
  return typeof secs === "number" && typeof nanos === "number" ? milliseconds(secs + nanos / 1e9) : null;
}

/** What an item says of the files that it changed, by their paths. */
export function changesIn(changes: unknown): Change[] {
  return Object.entries(fields(changes)).map(([path, value]) => {
    const change = fields(value);
    const target = text(change["move_path"]) || path.slice(0, 1_024);
    if (change["type"] === "update") return { path: target, name: "update", ...signs(change["unified_diff"]) };
    const lines = linesOf(change["content"]);
    return change["type"] === "add"
      ? { path: target, name: "create", added: lines, removed: 0 }
      : { path: target, name: "delete", added: 0, removed: lines };
  });
}

/** Lines of a text; a newline at its end begins none. */
const linesOf = (content: unknown): number =>
  typeof content === "string" && content !== "" ? content.split("\n").length - +content.endsWith("\n") : 0;

function signs(diff: unknown): { added: number; removed: number } {
  const counted = { added: 0, removed: 0 };
  if (typeof diff === "string") for (const line of diff.split("\n")) count(counted, line);
  return counted;
}

function count(counted: { added: number; removed: number }, line: string): void {
  if (line.startsWith("+")) counted.added++;
  else if (line.startsWith("-")) counted.removed++;
}

const NAMES = { Add: "create", Update: "update", Delete: "delete" } as const;

/**
 * Files that a patch is to change, from its text: older versions tell them nowhere else. Of a file that is deleted the text
 * does not say how many lines it had. Paths are relative to `folder`.
 */
export function patchIn(script: string, folder: string): Change[] {
  const from = script.indexOf("*** Begin Patch");
  if (from < 0) return [];
  const found: { path: string; name: Change["name"]; added: number; removed: number }[] = [];
  for (const line of script.slice(from, from + LONGEST_SCRIPT).split("\n")) {
    if (line.startsWith("*** End Patch")) break;
    const [, verb, name = ""] = /^\*\*\* (Add|Update|Delete) File: (.+)$/.exec(line) ?? [];
    const last = found.at(-1);
    const moved = /^\*\*\* Move to: (.+)$/.exec(line)?.[1];
    if (verb) found.push({ path: within(folder, name), name: NAMES[verb as keyof typeof NAMES], added: 0, removed: 0 });
    else if (moved && last) last.path = within(folder, moved);
    else if (last) count(last, line);
  }
  return found;
}

const within = (folder: string, path: string): string =>
  (/^(?:\/|[A-Za-z]:)/.test(path) || folder === "" ? path : `${folder}/${path}`).trim().slice(0, 1_024);
