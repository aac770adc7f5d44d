import { sessionKey } from "./Schedule.ts";

/** Where everything of one log directory lies. */
export interface LogFiles {
  readonly directory: string;
  /** What the logger needs for itself. */
  readonly run: string;
  /** Held by a worker for its whole life. */
  readonly lock: string;
  /** What the line reads. */
  readonly state: string;
  /** What only the next worker reads. */
  readonly memory: string;
  /** Up to where the records of all scopes have counted tokens. */
  readonly reckoning: string;
  /** How new the limits of assistants are that the records of all scopes tell; missing while one is being written. */
  readonly limits: string;
  /** Salt of hashed e-mail addresses, so that a hash cannot be looked up. */
  readonly salt: string;
  /** What worker and commands have to say. */
  readonly messages: string;
  /** What the newest worker wrote to stderr: nothing, unless it could not even start. */
  readonly errors: string;
  /** How the names of the files of sessions begin that wait for their first status record in this scope. */
  readonly waitingPrefix: string;
  /** A session that waits for its first status record. */
  waiting(session: string): string;
  /** Last good line of a session. */
  line(session: string): string;
  /** What a session last heard from the server, and when. */
  heard(session: string): string;
}

/** The files of a log directory for one scope (Places.scope). */
export function logFiles(directory: string, scope: string): LogFiles {
  const run = `${directory}/.run`;
  return {
    directory,
    run,
    lock: `${run}/worker.lock`,
    state: `${run}/state-${scope}.json`,
    memory: `${run}/memory-${scope}.json`,
    reckoning: `${run}/reckoning.json`,
    limits: `${run}/limits.json`,
    salt: `${run}/salt`,
    messages: `${directory}/pawprint.log`,
    errors: `${run}/worker.err`,
    waitingPrefix: `waiting-${scope}-`,
    waiting: (session) => `${run}/waiting-${scope}-${sessionKey(session)}`,
    line: (session) => `${run}/line-${sessionKey(session)}`,
    heard: (session) => `${run}/heard-${sessionKey(session)}`,
  };
}
