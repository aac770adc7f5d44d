import type { Migration } from "./contract.ts";

/** 2200-01-01 in epoch milliseconds. */
const END_OF_TIMES = 7_258_118_400_000;
const outside = (...columns: readonly string[]): string =>
  columns.map((column) => `${column} < 0 OR ${column} >= ${END_OF_TIMES}`).join(" OR ");

/**
 * Facts follow otherwise from the same observations: those outside of all times are left out, replays of subagents add
 * nothing, requests of a gateway are told apart. So they are made anew once; and the files of assistants that told such times
 * are read again, so that these are named and what they stand on is counted at another one.
 */
export const foldAgain: Migration = {
  name: "fold-again",
  description: "facts are made anew from the journal, and files that told impossible times are read again",
  sql: `
    UPDATE file SET reader = 0 WHERE source IN (
      SELECT source FROM slice WHERE id IN (SELECT slice FROM response WHERE ${outside("at")})
      UNION SELECT source FROM slice WHERE id IN (SELECT slice FROM action WHERE ${outside("at")})
      UNION SELECT source FROM session WHERE ${outside("first", "last")}
      UNION SELECT source FROM rate_limit WHERE ${outside("at", "resets_at")});
    INSERT INTO meta SELECT 'rebuild', '1' WHERE EXISTS (SELECT 1 FROM journal);
  `,
};
