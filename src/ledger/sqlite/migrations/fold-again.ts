import type { Migration } from "./contract.ts";

/** 2200-01-01 in epoch milliseconds. */
const END_OF_TIMES = 7_258_118_400_000;
const outside = (...columns: readonly string[]): string =>
  columns.map((column) => `${column} < 0 OR ${column} >= ${END_OF_TIMES}`).join(" OR ");

/**
 * The same observations now give other facts: impossible times are left out, replays by subagents add nothing, and
 * requests behind a gateway are separate. So all facts are rebuilt once. Files of assistants with such times are read
 * again, so that the skipped lines are listed and their usage is counted at another time.
 */
export const foldAgain: Migration = {
  name: "fold-again",
  description: "facts are rebuilt from the journal, and files with impossible times are read again",
  sql: `
    UPDATE file SET reader = 0 WHERE source IN (
      SELECT source FROM slice WHERE id IN (SELECT slice FROM response WHERE ${outside("at")})
      UNION SELECT source FROM slice WHERE id IN (SELECT slice FROM action WHERE ${outside("at")})
      UNION SELECT source FROM session WHERE ${outside("first", "last")}
      UNION SELECT source FROM rate_limit WHERE ${outside("at", "resets_at")});
    INSERT INTO meta SELECT 'rebuild', '1' WHERE EXISTS (SELECT 1 FROM journal);
  `,
};
