import type { Migration } from "./contract.ts";
import { days } from "./days.ts";
import { fileChecks } from "./file-checks.ts";
import { firstTables } from "./first-tables.ts";
import { foldAgain } from "./fold-again.ts";
import { hubCursors } from "./hub-cursors.ts";
import { logKinds } from "./log-kinds.ts";
import { originReaders } from "./origin-readers.ts";
import { readerVersions } from "./reader-versions.ts";
import { sequence } from "./sequence.ts";
import { sessionOrigins } from "./session-origins.ts";
import { severalAssistants } from "./several-assistants.ts";
import { views } from "./views.ts";
import { worktrees } from "./worktrees.ts";

/**
 * The registry of migrations, in the order in which they run; PRAGMA user_version is the number of those that have run.
 */
export const migrations: readonly Migration[] = [
  firstTables,
  severalAssistants,
  days,
  readerVersions,
  sessionOrigins,
  worktrees,
  fileChecks,
  foldAgain,
  originReaders,
  sequence,
  views,
  hubCursors,
  logKinds,
];
