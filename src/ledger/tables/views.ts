import { columnList, DIMENSION_ID } from "./table.ts";

/** A column of a view: its expression, and what it means with its unit. */
interface ViewColumn {
  readonly sql: string;
  readonly description: string;
}

/**
 * A view of the ledger for other programs. Names and meanings of views and columns stay as they are; columns may be added. The
 * views hold counts and no money: prices are not in the ledger, and `pawprint export` applies them.
 */
export interface LedgerView {
  readonly name: string;
  /** What a row is. */
  readonly description: string;
  readonly columns: Readonly<Record<string, ViewColumn>>;
  /** What follows the columns in SQL. */
  readonly from: string;
}

/** Folders in a repository that contain worktrees, as in model/project.ts. */
const WORKTREE_FOLDERS = ["/.claude/worktrees/", "/.gemini/worktrees/", "/.qwen/worktrees/", "/.worktrees/"];

/**
 * At the end of a query, keeps SQLite from merging it into the one that it is part of. In a join its rows are then made once and found by
 * an index, where else all of a table would be read for each row of the other: the tables have no index for such joins, and SQLite makes
 * none for a table without row ids.
 */
const READ_ONCE = "LIMIT -1";

const time = (sql: string): string => `strftime('%Y-%m-%dT%H:%M:%fZ', ${sql} / 1000.0, 'unixepoch')`;
const known = (sql: string): string => `NULLIF(${sql}, '')`;
const sum = (sql: string): string => `SUM(${sql})`;

/** A directory as model/project.ts normalizes it: a drive in upper case, with backslashes, and no slash at the end. */
const normal = (directory: string): string => `CASE WHEN ${directory} GLOB '[A-Za-z]:[/\\]*'
  THEN upper(substr(${directory}, 1, 2)) || COALESCE(NULLIF(rtrim(replace(substr(${directory}, 3), '/', '\\'), '\\'), ''), '\\')
  ELSE COALESCE(NULLIF(rtrim(${directory}, '/'), ''), ${directory}) END`;
const withSlashes = (directory: string): string => `replace(${directory}, '\\', '/')`;

/** The repository of a worktree that an assistant reported, else the directory itself. */
const repositoryOf = (directory: string): string => `COALESCE((SELECT repository FROM worktree AS reported
  WHERE instr(${withSlashes(directory)} || '/', ${withSlashes(normal("reported.directory"))} || '/') = 1
  ORDER BY length(reported.directory) DESC LIMIT 1), ${directory})`;
/** A directory up to the folder of worktrees that it is in. */
const mainOf = (directory: string): string => `CASE WHEN instr(${directory}, 'worktrees') = 0 THEN ${directory}
  ELSE COALESCE(NULLIF((SELECT substr(${directory}, 1, MIN(instr(${withSlashes(directory)} || value, value)) - 1)
    FROM json_each('${JSON.stringify(WORKTREE_FOLDERS)}')), ''), ${directory}) END`;

/**
 * The project of work that was done in a directory, in a session that began in another: work in a worktree belongs to its
 * repository, other work to the place of the session's beginning.
 */
const projectOf = (directory: string, begin: string): string => `(SELECT main FROM (
  SELECT rank, own, ${mainOf("repository")} AS main FROM (
    SELECT rank, own, ${repositoryOf("below")} AS repository FROM (
      SELECT rank, own, ${mainOf("own")} AS below FROM (
        SELECT rank, ${normal("directory")} AS own FROM (SELECT 1 AS rank, ${directory} AS directory UNION ALL SELECT 2, ${begin})
        ${READ_ONCE}) ${READ_ONCE}) ${READ_ONCE}))
  WHERE rank = 2 OR main <> own ORDER BY rank LIMIT 1)`;

/** The views that the others use, so that each opening of a ledger parses them once; not for other programs. */
const DIRECTORY_PLACES = "directory_place";
const DIMENSION_PLACES = "dimension_place";

/** Rows of a table with a machine, assistant, session and directory, with readable places. */
const withPlaces = (table: string): string => `${table} LEFT JOIN machine AS named ON named.id = ${table}.machine
  JOIN ${DIRECTORY_PLACES} AS place ON place.source = ${table}.source AND place.session = ${table}.session AND place.directory = ${table}.project`;
const HOST = (table: string): string => `COALESCE(named.name, ${table}.machine)`;

const placeViews = (): readonly (readonly [name: string, select: string])[] => [
  [
    DIRECTORY_PLACES,
    `worked.*, origin.account, ${projectOf("worked.directory", "CASE WHEN origin.has_moved = 1 AND origin.directory <> '' THEN origin.directory ELSE worked.directory END")} AS main
  FROM (SELECT source, session, project AS directory FROM dimension_set UNION SELECT source, session, project FROM session) AS worked
  LEFT JOIN session_origin AS origin ON origin.assistant = worked.source AND origin.id = worked.session ${READ_ONCE}`,
  ],
  [
    DIMENSION_PLACES,
    `dimension_set.*, ${HOST("dimension_set")} AS host, place.main FROM ${withPlaces("dimension_set")} ${READ_ONCE}`,
  ],
];

const ofFacts = (table: string): string =>
  `${table} JOIN ${DIMENSION_PLACES} AS place ON place.id = ${table}.${DIMENSION_ID}`;

const source = { sql: "place.source", description: "the assistant: claude-code, codex, ..." };
const machine = { sql: "place.host", description: "name of the machine" };
const project = {
  sql: known("place.main"),
  description:
    "the repository of a worktree, else the directory in which the session began; of worktrees in Codex's and Cursor's own folders, the worktree",
};
const branch = { sql: known("place.branch"), description: "git branch; NULL if it is not known" };

/** The columns of a view whose rows happened at a time in a session. */
const event = (at: string): Readonly<Record<string, ViewColumn>> => ({
  timestamp: { sql: time(at), description: "time, ISO 8601 in UTC" },
  source,
  machine,
  session: { sql: "place.session", description: "the assistant's id of the session" },
  project,
  directory: { sql: known("place.project"), description: "working directory; NULL if it is not known" },
  branch,
  agent: { sql: known("place.agent"), description: "the subagent; NULL for the main thread" },
});

/** What a price depends on besides the day. */
const priced: Readonly<Record<string, ViewColumn>> = {
  model: { sql: "place.model", description: "the model, as the assistant wrote it" },
  speed: { sql: known("place.speed"), description: "fast or standard; NULL if it is not known" },
  service_tier: {
    sql: known("place.tier"),
    description: "service tier: standard, batch, ...; NULL if it is not known",
  },
  region: { sql: known("place.region"), description: "region of inference; NULL if it is not known" },
};

const TOKENS = ["input", "output", "cache_write_5m", "cache_write_1h", "cache_read"];

/** Counts of tokens; `write` returns the SQL of each. */
const tokens = (write = (sql: string): string => sql): Readonly<Record<string, ViewColumn>> => ({
  input_tokens: { sql: write("input"), description: "tokens, neither read from a cache nor written to one" },
  output_tokens: { sql: write("output"), description: "tokens, reasoning included" },
  cache_write_5m_tokens: { sql: write("cache_write_5m"), description: "tokens written to a cache for five minutes" },
  cache_write_1h_tokens: { sql: write("cache_write_1h"), description: "tokens written to a cache for one hour" },
  cache_read_tokens: { sql: write("cache_read"), description: "tokens read from a cache" },
  total_tokens: {
    sql: write(TOKENS.join(" + ")),
    description: "tokens of these five classes, which do not overlap",
  },
  reasoning_tokens: {
    sql: write("reasoning"),
    description: "the part of the output tokens that is known to be reasoning",
  },
  web_searches: { sql: write("searches"), description: "number of web searches, which are charged besides tokens" },
});

const failed = "1 if it failed, 0 if it did not, NULL if that is not known";
const doneAs = (action: string): string => `${ofFacts("action")} WHERE action.action = '${action}'`;

/** The views, in the order of the documentation. A function, since only migrations and the documentation need their text. */
export const views = (): readonly LedgerView[] => [
  {
    name: "sessions",
    description: "a session",
    columns: {
      source,
      machine: { ...machine, sql: HOST("session") },
      session: { sql: "place.session", description: "the assistant's id of the session" },
      project,
      directory: { sql: known("place.directory"), description: "working directory; NULL if it is not known" },
      branch: { ...branch, sql: known("session.branch") },
      account: {
        sql: known("place.account"),
        description: "configuration directory of its files; NULL if it is not known",
      },
      started_at: { sql: time("session.first"), description: "time of its first entry, ISO 8601 in UTC" },
      last_active_at: { sql: time("session.last"), description: "time of its last entry so far, ISO 8601 in UTC" },
      end_reason: {
        sql: "COALESCE(session.reason, (SELECT 'closed' FROM cost_state WHERE key = 'cost-state:' || session.session))",
        description: "how it ended; NULL if that is not known",
      },
      version: { sql: known("session.version"), description: "version of the assistant; NULL if it is not known" },
    },
    from: `${withPlaces("session")} ${READ_ONCE}`,
  },
  {
    name: "responses",
    description: "a response of a model, counted once however often it was written",
    columns: { ...event("response.at"), ...priced, ...tokens() },
    from: ofFacts("response"),
  },
  {
    name: "tools",
    description: "one use of a tool",
    columns: {
      ...event("action.at"),
      tool: { sql: known("action.name"), description: "name of the tool; NULL until its call has been read" },
      failed: { sql: "1 - action.ok", description: failed },
      duration_ms: {
        sql: "action.duration",
        description: "milliseconds from call to result, with the wait for a permission; NULL if they are not known",
      },
    },
    from: doneAs("tool"),
  },
  {
    name: "files",
    description: "one change of a file",
    columns: {
      ...event("action.at"),
      path: { sql: "action.target", description: "path of the file" },
      lines_added: { sql: "action.added", description: "number of lines" },
      lines_removed: { sql: "action.removed", description: "number of lines" },
    },
    from: doneAs("file"),
  },
  {
    name: "git_operations",
    description: "one git operation in a command of a session",
    columns: {
      ...event("action.at"),
      operation: { sql: "action.name", description: "commit, push, pr_create, ..." },
      failed: {
        sql: "1 - COALESCE(action.ok, (SELECT tool.ok FROM action AS tool WHERE tool.key = action.tool))",
        description: `${failed}; an operation fails with the command that contains it`,
      },
    },
    from: doneAs("git"),
  },
  {
    name: "usage_daily",
    description: "sums of responses by UTC day, assistant, machine, project, branch and model",
    columns: {
      date: { sql: "date(bucket * 900, 'unixepoch')", description: "day in UTC, YYYY-MM-DD" },
      source,
      machine,
      project,
      branch,
      ...priced,
      responses: { sql: sum("responses"), description: "number of responses" },
      ...tokens(sum),
    },
    from: `${ofFacts("usage_bucket")} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9`,
  },
];

/** What marks a view of Pawprint in the schema, where a user may have a view of the same name. */
export const VIEW_MARK = "/* by Pawprint */";

/** The SQL that creates each view, by name. */
export const viewStatements = (): ReadonlyMap<string, string> =>
  new Map([
    ...placeViews().map(([name, select]): [string, string] => [name, viewSql(name, select)]),
    ...views().map(({ name, columns, from }): [string, string] => {
      const selected = columnList(Object.keys(columns), (column) => `${columns[column]?.sql} AS ${column}`);
      return [name, viewSql(name, `${selected} FROM ${from}`)];
    }),
  ]);

const viewSql = (name: string, select: string): string => `CREATE VIEW ${name} AS ${VIEW_MARK} SELECT ${select}`;
