import type { Migration } from "./contract.ts";

/** A path without its last part, with the slash behind it. */
const folder = (path: string): string => `rtrim(${path}, replace(${path}, '/', ''))`;
const PROJECTS = folder(`rtrim(${folder("path")}, '/')`);

/** Sessions of Claude Code and their configuration directories, by the paths of transcripts that a ledger knows. */
export const ACCOUNTS_OF_FILES = `
  SELECT substr(path, length(${folder("path")}) + 1, length(path) - length(${folder("path")}) - length('.jsonl')) AS session,
    MIN(substr(${PROJECTS}, 1, length(${PROJECTS}) - length('/projects/'))) AS account
  FROM file WHERE source = 'claude-code' AND path LIKE '%.jsonl' AND ${PROJECTS} LIKE '%/projects/' GROUP BY session`;

/**
 * Where sessions began, and whose they are. What is known already is taken from the responses that were counted and from the
 * paths of the transcripts: <account>/projects/<folder>/<session>.jsonl.
 */
export const sessionOrigins: Migration = {
  name: "session-origins",
  description: "where each session began, and the configuration directory that its files lie in",
  sql: `
    CREATE TABLE session_origin (
      assistant TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL, at INTEGER NOT NULL, directory TEXT NOT NULL,
      has_moved INTEGER NOT NULL, PRIMARY KEY (assistant, id)) WITHOUT ROWID;
    CREATE INDEX session_origin_moved ON session_origin (has_moved) WHERE has_moved = 1;
    INSERT INTO session_origin
      SELECT source, session, '', MIN(at), project, 0 FROM response JOIN slice ON slice.id = slice GROUP BY source, session;
    UPDATE session_origin SET has_moved = 1 WHERE (assistant, id) IN
      (SELECT source, session FROM slice GROUP BY source, session HAVING COUNT(DISTINCT project) > 1);
    UPDATE session_origin SET account = known.account FROM
      (${ACCOUNTS_OF_FILES}) AS known
      WHERE assistant = 'claude-code' AND known.session = id;
  `,
};
