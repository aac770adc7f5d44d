import type { Migration } from "./contract.ts";

/** SQL for a path without its last part, with the trailing slash. */
const folder = (path: string): string => `rtrim(${path}, replace(${path}, '/', ''))`;
const PROJECTS = folder(`rtrim(${folder("path")}, '/')`);

/**
 * SQL for the sessions of Claude Code and their configuration directories, from the paths of the transcripts in a
 * ledger.
 */
export const ACCOUNTS_OF_FILES = `
  SELECT substr(path, length(${folder("path")}) + 1, length(path) - length(${folder("path")}) - length('.jsonl')) AS session,
    MIN(substr(${PROJECTS}, 1, length(${PROJECTS}) - length('/projects/'))) AS account
  FROM file WHERE source = 'claude-code' AND path LIKE '%.jsonl' AND ${PROJECTS} LIKE '%/projects/' GROUP BY session`;

/**
 * Where sessions began, and the accounts they belong to. Existing sessions are filled in from the counted responses and
 * from the paths of the transcripts: <account>/projects/<folder>/<session>.jsonl.
 */
export const sessionOrigins: Migration = {
  name: "session-origins",
  description: "where each session began, and the configuration directory of its files",
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
