import { sessionKey } from "../monitoring/Schedule.ts";
import type { Places } from "../utils/paths.ts";

/** The variable by which the line hands a command over to its supervisor. */
export const HANDOVER = "PAWPRINT_PREVIOUS";
/** The pipe on which the line says that it is done; it breaks when the line is killed. */
export const CONTROL_FD = 3;
/** Bytes of output that a previous command may print. */
export const MAX_BYTES = 262_144;

/** Bytes of input in which line and supervisor look for the session, the supervisor before it starts the command. */
export const MAX_LOOK_BYTES = 65_536;
/** An output of which nothing was heard for longer is neither shown nor kept, milliseconds. */
export const USABLE_MS = 86_400_000;
/** What asks line and supervisor to end. */
export const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const;

/** What a supervisor needs in order to run a command. */
export interface Handover {
  /** As `sh` takes it. */
  readonly command: string;
  /** Milliseconds that the command, and what it leaves running, may take. */
  readonly limitMs: number;
  /** Where outputs are kept; null where none are. */
  readonly directory: string | null;
  /** What the processes of this run are known by. */
  readonly mark: string;
}

/** The last good output of a command for a session. */
export interface Kept {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly text: string;
}

/** The directory of kept outputs. */
export const keptOutputs = (places: Pick<Places, "pets">): string => `${places.pets}/chain`;

/** The id of the session in a part of Claude Code's input, which need not be complete; null where it holds none. */
export function sessionIn(input: string): string | null {
  return /"session_id"\s{0,8}:\s{0,8}"((?:[^"\\]|\\.){1,200})"/.exec(input)?.[1] ?? null;
}

/** The name of the file in which the output of a command for a session is kept. */
export function keptName(command: string, session: string | null): string {
  return `${sessionKey(session ?? "none")}-${Bun.hash.xxHash64(command).toString(16)}.json`;
}

/** The kept output in a file's text; null where it is none. */
export function keptOf(json: string | null): Kept | null {
  try {
    const { at, text } = JSON.parse(json ?? "") as Partial<Kept>;
    return typeof at === "number" && typeof text === "string" ? { at, text } : null;
  } catch {
    return null;
  }
}
