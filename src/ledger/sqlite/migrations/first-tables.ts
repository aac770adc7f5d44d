import type { Migration } from "./contract.ts";

const SLICE = "machine, source, session, project, branch, agent, model, speed, tier, region, context, is_priced";

/** Journal, facts, roll-ups, and how far each file was read. */
export const firstTables: Migration = {
  name: "first-tables",
  description: "journal, facts, roll-ups by buckets of 15 minutes, and how far each file was read",
  sql: `
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE machine (id TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;

    CREATE TABLE journal (
      key TEXT NOT NULL, digest INTEGER NOT NULL, machine TEXT NOT NULL, source TEXT NOT NULL, body TEXT NOT NULL,
      PRIMARY KEY (key, digest)) WITHOUT ROWID;

    CREATE TABLE slice (
      id INTEGER PRIMARY KEY, machine TEXT NOT NULL, source TEXT NOT NULL, session TEXT NOT NULL,
      project TEXT NOT NULL, branch TEXT NOT NULL, agent TEXT NOT NULL, model TEXT NOT NULL, speed TEXT NOT NULL,
      tier TEXT NOT NULL, region TEXT NOT NULL, context INTEGER NOT NULL, is_priced INTEGER NOT NULL);
    CREATE UNIQUE INDEX slice_whole ON slice (${SLICE});

    CREATE TABLE response (
      key TEXT NOT NULL, part INTEGER NOT NULL, at INTEGER NOT NULL, slice INTEGER NOT NULL,
      input INTEGER NOT NULL, output INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL,
      cache_write_1h INTEGER NOT NULL, cache_read INTEGER NOT NULL, searches INTEGER NOT NULL, cost INTEGER NOT NULL,
      PRIMARY KEY (key, part)) WITHOUT ROWID;
    CREATE INDEX response_at ON response (at);
    CREATE TABLE usage_quarter (
      quarter INTEGER NOT NULL, slice INTEGER NOT NULL, responses INTEGER NOT NULL,
      input INTEGER NOT NULL, output INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL,
      cache_write_1h INTEGER NOT NULL, cache_read INTEGER NOT NULL, searches INTEGER NOT NULL, cost INTEGER NOT NULL,
      PRIMARY KEY (quarter, slice)) WITHOUT ROWID;

    CREATE TABLE action (
      key TEXT PRIMARY KEY, action TEXT NOT NULL, at INTEGER NOT NULL, slice INTEGER NOT NULL, name TEXT NOT NULL,
      ok INTEGER, duration INTEGER, target TEXT NOT NULL, tool TEXT NOT NULL, added INTEGER NOT NULL, removed INTEGER NOT NULL,
      length INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX action_at ON action (action, at);
    CREATE TABLE action_quarter (
      quarter INTEGER NOT NULL, slice INTEGER NOT NULL, action TEXT NOT NULL, name TEXT NOT NULL,
      count INTEGER NOT NULL, failed INTEGER NOT NULL, timed INTEGER NOT NULL, duration INTEGER NOT NULL,
      added INTEGER NOT NULL, removed INTEGER NOT NULL, length INTEGER NOT NULL,
      PRIMARY KEY (quarter, slice, action, name)) WITHOUT ROWID;

    CREATE TABLE session (
      key TEXT PRIMARY KEY, session TEXT NOT NULL, machine TEXT NOT NULL, source TEXT NOT NULL, project TEXT NOT NULL,
      branch TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, reason TEXT, version TEXT NOT NULL)
      WITHOUT ROWID;
    CREATE INDEX session_last ON session (last);
    CREATE TABLE cost_state (
      key TEXT PRIMARY KEY, session TEXT NOT NULL, duration INTEGER NOT NULL, cost INTEGER NOT NULL,
      models TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE day (
      key TEXT PRIMARY KEY, machine TEXT NOT NULL, source TEXT NOT NULL, date TEXT NOT NULL, model TEXT NOT NULL,
      provenance TEXT NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, cache_write INTEGER NOT NULL,
      cache_read INTEGER NOT NULL, unsplit INTEGER NOT NULL, cost INTEGER) WITHOUT ROWID;

    CREATE TABLE file (
      path TEXT PRIMARY KEY, source TEXT NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL,
      size INTEGER NOT NULL, mtime REAL NOT NULL, head INTEGER NOT NULL, head_length INTEGER NOT NULL,
      usage_offset INTEGER NOT NULL, activity_offset INTEGER NOT NULL, vanished INTEGER) WITHOUT ROWID;
    CREATE TABLE skipped (
      path TEXT NOT NULL, offset INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (path, offset, reason))
      WITHOUT ROWID;
  `,
};
