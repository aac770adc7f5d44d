import { sessionKey } from "../../monitoring/Schedule.ts";
import type { Places } from "../../utils/paths.ts";

/** The environment variable that passes a Handover, as JSON, to the supervisor. */
export const HANDOVER = "PAWPRINT_PREVIOUS";
/** File descriptor of the pipe on which the line reports that it is done; the pipe breaks if the line is killed. */
export const CONTROL_FD = 3;
/** Maximum bytes of output of a previous command. */
export const MAX_BYTES = 262_144;

/** Maximum bytes of input in which line and supervisor search for the session id, the supervisor before it starts the command. */
export const MAX_SEARCH_BYTES = 65_536;
/** An output older than this is neither shown nor kept, milliseconds. */
export const USABLE_MS = 86_400_000;
/** Signals that ask the line and the supervisor to exit. */
export const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const;

/** What a supervisor needs to run a command. */
export interface Handover {
  /** A command line for `sh`. */
  readonly command: string;
  /** Timeout for the command and everything it leaves running, milliseconds. */
  readonly limitMs: number;
  /** Directory of kept outputs; null to keep none. */
  readonly directory: string | null;
  /** Marks the processes of this run, in their environment. */
  readonly mark: string;
}

/** The last successful output of a command for a session. */
export interface KeptOutput {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly text: string;
}

/** The directory of kept outputs. */
export const keptOutputDirectory = (places: Pick<Places, "pets">): string => `${places.pets}/chain`;

/** Returns the session id in Claude Code's input, which may be incomplete; null if there is none. */
export function sessionIn(input: string): string | null {
  return /"session_id"\s{0,8}:\s{0,8}"((?:[^"\\]|\\.){1,200})"/.exec(input)?.[1] ?? null;
}

/** Name of the file with the kept output of a command for a session. */
export function keptOutputName(command: string, session: string | null): string {
  return `${sessionKey(session ?? "none")}-${Bun.hash.xxHash64(command).toString(16)}.json`;
}

/** Parses the text of a kept output file; null if it is invalid. */
export function parseKeptOutput(json: string | null): KeptOutput | null {
  try {
    const { at, text } = JSON.parse(json ?? "") as Partial<KeptOutput>;
    return typeof at === "number" && typeof text === "string" ? { at, text } : null;
  } catch {
    return null;
  }
}
