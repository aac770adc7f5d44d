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

const time = (sql: string): string => `strftime('%Y-%m-%dT%H:%M:%fZ', ${sql} / 1000.0, 'unixepoch')`;
const known = (sql: string): string => `NULLIF(${sql}, '')`;
const sum = (sql: string): string => `SUM(${sql})`;

/** The repository of a worktree that an assistant reported, else the directory itself. */
const repositoryOf = (directory: string): string => `COALESCE((SELECT repository FROM worktree AS reported
  WHERE ${directory} = reported.directory OR substr(${directory}, 1, length(reported.directory) + 1) = reported.directory || '/'
  ORDER BY length(reported.directory) DESC LIMIT 1), ${directory})`;
/** A directory up to the folder of worktrees that it is in. */
const mainOf = (directory: string): string => `CASE WHEN instr(${directory}, 'worktrees/') = 0 THEN ${directory}
  ELSE (SELECT substr(${directory}, 1, MIN(instr(${directory} || value, value)) - 1) FROM json_each('${JSON.stringify(WORKTREE_FOLDERS)}')) END`;

/**
 * Rows of a table that has the columns of a dimension set, with readable places. Work in a worktree belongs to its repository, other
 * work to the directory in which its session began.
 */
const withPlaces = (table: string): string => `
  (SELECT found.*, CASE WHEN own <> found.project THEN own ELSE ${mainOf("begin")} END AS main FROM (
    SELECT found.*, ${mainOf("repository")} AS own FROM (
      SELECT ${table}.*, COALESCE(named.name, ${table}.machine) AS host, origin.account,
        ${repositoryOf(`${table}.project`)} AS repository,
        ${repositoryOf(`CASE WHEN origin.has_moved = 1 AND origin.directory <> '' THEN origin.directory ELSE ${table}.project END`)} AS begin
      FROM ${table} LEFT JOIN machine AS named ON named.id = ${table}.machine
      LEFT JOIN session_origin AS origin ON origin.assistant = ${table}.source AND origin.id = ${table}.session) AS found) AS found)`;

/** A view that the others use, so that each opening of a ledger parses it once; not for other programs. */
const PLACES = "dimension_place";

const ofFacts = (table: string): string => `${table} JOIN ${PLACES} AS place ON place.id = ${table}.${DIMENSION_ID}`;

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

/** The views, in the order of the documentation. */
export const views: readonly LedgerView[] = [
  {
    name: "sessions",
    description: "a session on a machine",
    columns: {
      source,
      machine,
      session: { sql: "place.session", description: "the assistant's id of the session" },
      project,
      directory: { sql: known("place.project"), description: "working directory; NULL if it is not known" },
      branch,
      account: {
        sql: known("place.account"),
        description: "configuration directory of its files; NULL if it is not known",
      },
      started_at: { sql: time("place.first"), description: "time of its first entry, ISO 8601 in UTC" },
      last_active_at: { sql: time("place.last"), description: "time of its last entry so far, ISO 8601 in UTC" },
      end_reason: { sql: "place.reason", description: "how it ended, where the assistant writes that; else NULL" },
      version: { sql: known("place.version"), description: "version of the assistant; NULL if it is not known" },
    },
    from: `${withPlaces("session")} AS place`,
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

/** The SQL that creates the views, and replaces those of an earlier version: they hold no data. */
export const viewsSql = (): string =>
  [
    viewSql(PLACES, `* FROM ${withPlaces("dimension_set")}`),
    ...views.map(({ name, columns, from }) => {
      const selected = columnList(Object.keys(columns), (column) => `${columns[column]?.sql} AS ${column}`);
      return viewSql(name, `${selected} FROM ${from}`);
    }),
  ].join("\n");

const viewSql = (name: string, select: string): string =>
  `DROP VIEW IF EXISTS ${name};\nCREATE VIEW ${name} AS SELECT ${select};`;
