import { sessionKey } from "./Schedule.ts";

/** The paths of the files of one log directory. */
export interface LogFiles {
  readonly directory: string;
  /** Directory of the logger's own files. */
  readonly run: string;
  /** Lock file, held by a worker as long as it runs. */
  readonly lock: string;
  /** State for the line. */
  readonly state: string;
  /** Cache for the next worker, of all scopes. */
  readonly memory: string;
  /** What earlier versions keep instead of the memory. */
  readonly earlier: { readonly usage: string; readonly limits: string; readonly memory: string };
  /** Salt of hashed e-mail addresses, so that a hash cannot be looked up. */
  readonly salt: string;
  /** Messages of the worker and of commands. */
  readonly messages: string;
  /** Stderr of the newest worker: empty, unless it could not start. */
  readonly errors: string;
  /** How the names of the files of this scope's sessions begin that wait for their first status record. */
  readonly waitingPrefix: string;
  /** File of a session that waits for its first status record. */
  waiting(session: string): string;
  /** File with the last good line of a session. */
  line(session: string): string;
  /** File with the time of the last response to a session. */
  heard(session: string): string;
}

/** Returns the paths for one log directory and scope (Places.scope). */
export function logFiles(directory: string, scope: string): LogFiles {
  const run = `${directory}/.run`;
  return {
    directory,
    run,
    lock: `${run}/worker.lock`,
    state: `${run}/state-${scope}.json`,
    memory: `${run}/memory.json`,
    earlier: {
      usage: `${run}/reckoning.json`,
      limits: `${run}/limits.json`,
      memory: `${run}/memory-${scope}.json`,
    },
    salt: `${run}/salt`,
    messages: `${directory}/pawprint.log`,
    errors: `${run}/worker.err`,
    waitingPrefix: `waiting-${scope}-`,
    waiting: (session) => `${run}/waiting-${scope}-${sessionKey(session)}`,
    line: (session) => `${run}/line-${sessionKey(session)}`,
    heard: (session) => `${run}/heard-${sessionKey(session)}`,
  };
}
