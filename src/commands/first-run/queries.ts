import { runCommand } from "../../claude/run-command.ts";
import { clean } from "../../utils/terminal.ts";
import type { Environment } from "../../utils/config.ts";

/** A question about the log, and the jq query that answers it. */
interface LogQuery {
  readonly question: string;
  /** Options of jq, such as "-r". */
  readonly options: string;
  /** The filter, in lines of at most 60 columns. */
  readonly filter: readonly string[];
  readonly file: string;
}

/** Three example jq queries over the log. */
export const QUERIES: readonly LogQuery[] = [
  {
    question: "How full was the five-hour window, in percent, and when?",
    options: "-r",
    filter: [
      ".usage_data.rate_limits.five_hour.utilization as $percent",
      "| select($percent) | [.timestamp, $percent] | @tsv",
    ],
    file: "usage.jsonl",
  },
  {
    question: "Which warnings were there, and how often?",
    options: "-rn",
    filter: ["[inputs.diagnostics.warnings[]?] | group_by(.)[]", '| "\\(length) \\(.[0])"'],
    file: "status.jsonl",
  },
  {
    question: "Which findings appeared, and which were resolved?",
    options: "-r",
    filter: ["[.timestamp, .state, .message] | @tsv"],
    file: "diagnostics.jsonl",
  },
];

/** A query as lines to paste into a shell in the log's directory. */
export const shellLines = ({ options, filter, file }: LogQuery): string[] =>
  `jq ${options} '${filter.join("\n  ")}' ${file}`.split("\n");

/** The path of jq; null if it is not on PATH. Relative entries are left out: they could run a file of the user's project. */
export function jqIn(env: Environment): string | null {
  const [end, start] = process.platform === "win32" ? [";", /^[A-Za-z]:[\\/]/] : [":", /^\//];
  const entries = (env["PATH"] ?? env["Path"] ?? "").split(end).filter((entry) => start.test(entry));
  return entries.length === 0 ? null : Bun.which("jq", { PATH: entries.join(end) });
}

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1_000_000;

/** The lines that jq answers to a query of the log in a directory; null if it fails, or takes more than 5 s or 1 MB. */
export async function answerOf(
  { options, filter, file }: LogQuery,
  { jq, directory }: { readonly jq: string; readonly directory: string },
): Promise<string[] | null> {
  const { stdout, exit } = await runCommand({
    command: [jq, options, filter.join("\n"), file],
    directory,
    // jq reads the file .jq of the home directory.
    env: { HOME: directory },
    input: null,
    maxBytes: MAX_BYTES,
    deadline: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (exit !== 0) return null;
  const lines = stdout.split("\n").map((line) => clean(line.replaceAll("\t", "  "), 500));
  return lines.filter((line) => line !== "");
}
