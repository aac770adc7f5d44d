import { columnsIn, lineOf, segmentsByName } from "../line/line.ts";
import { sampleSession } from "../line/sample.ts";
import { settingsProblem } from "../line/settings-problem.ts";
import { viewOf } from "../line/view.ts";
import { readBranch } from "../line/branch.ts";
import { type LoggerState, stateOf } from "../model/state.ts";
import { findProgram } from "../claude/program.ts";
import { logFiles } from "../monitoring/LogFiles.ts";
import type { RecorderOutcome } from "../monitoring/Recorder.ts";
import { captureInto } from "../cli/capture.ts";
import { checkLogSettings } from "../install/machine.ts";
import { readOwn } from "../utils/files.ts";
import { logDirectory } from "../utils/paths.ts";
import { styleOf } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";

/** Three example jq queries over the log; also in the README, and run in a test. */
export const QUERIES = [
  [
    "how full the five-hour window was, minute by minute",
    `jq -r '.usage_data.rate_limits.five_hour.utilization as $answer | [(if $answer then .timestamp else .statusline.seen_at // .timestamp end), $answer // .statusline.rate_limits.five_hour.used_percentage] | @tsv' usage.jsonl`,
  ],
  ["all diagnostic warnings", `jq -r '.diagnostics.warnings[]?' status.jsonl | sort | uniq -c`],
  [
    "which findings appeared and which were resolved",
    `jq -r '[.timestamp, .state, .diagnostic_type, .message] | @tsv' diagnostics.jsonl`,
  ],
] as const;

/** A first run: takes one real capture, shows the line with this machine's limits, and says what to do next. */
export const start: Command = {
  name: "start",
  purpose: "setup",
  description:
    "try Pawprint without installing it: take one real capture, show the line with this machine's limits, and print where the records are",
  examples: [{ args: "start", description: "try Pawprint on this machine before installing it" }],
  related: ["install", "doctor"],
  async run(context) {
    const { settings, places, env, print } = context;
    checkLogSettings(context);
    const program = findProgram(settings, env, places);
    const directory = await logDirectory(settings, places);
    const files = logFiles(directory, places.scope);
    if (program === null) {
      print("Claude Code was not found (no claude on PATH, PET_CLAUDE_COMMAND not set): nothing was captured.");
    } else {
      print(`Asking ${program} once for usage and status, without calling a model or running your hooks ...`);
      printOutcome(await captureInto(directory, "both", context), context);
    }
    const state = program === null ? null : stateOf(readOwn(files.state));
    print("");
    print(`The line for a recorded sample session${limitsNote(state)}:`);
    print("");
    for (const row of await sampleLine(context, state)) print(`  ${row}`);
    if (program !== null) {
      print("");
      print(`The records are in ${directory}; query them with jq:`);
      for (const [question, query] of QUERIES) print(`  # ${question}\n  cd ${quoted(directory)} && ${query}`);
    }
    print("");
    print("To show the line in Claude Code and keep the log from now on:");
    print(`  ${ownCommand(context)} install --log`);
    print(`  (--dry-run shows what would change)`);
    return 0;
  },
};

function printOutcome(outcome: RecorderOutcome, { print }: Context): void {
  if (outcome.result !== "recorded") {
    const why = outcome.result === "stopped" ? outcome.failure.message : "another worker is writing a record";
    print(`Nothing was recorded: ${why}. See: pawprint doctor`);
    return;
  }
  for (const { kind, record, written } of outcome.records) {
    print(`  ${kind.padEnd(11)} ${written === "written" ? "recorded" : "already recorded"}: ${record.id}`);
  }
  const { answers } = outcome;
  if (answers?.failure) print(`  Claude Code gave no usable answer: ${answers.failure.reason}`);
  if (answers) print(`  Claude Code answered in ${(answers.wallMs / 1_000).toFixed(1)} s`);
}

function limitsNote(state: LoggerState | null): string {
  return state && state.quotas.length > 0
    ? ", with this machine's real limits"
    : ", without limits: none are known on this machine";
}

async function sampleLine(
  { settings, problems, places, clock, terminal }: Context,
  state: LoggerState | null,
): Promise<string[]> {
  const now = clock.now();
  const { theme, glyphs, links } = settings;
  const style = styleOf({ theme, glyphs, links, colour: terminal.colour });
  const branch = await readBranch(places.root);
  const problem = settingsProblem(settings, problems, segmentsByName);
  const view = viewOf({ now, session: sampleSession(now), state, branch, problem, settings, style });
  return lineOf(view, settings, columnsIn(terminal.columns));
}

/** Quotes a path for the shell if needed. */
const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

/** The command that runs this program, so that the next command can be typed as shown. */
function ownCommand({ places, bunLasts }: Context): string {
  const bun = bunLasts ? "bun" : `npx --yes bun@${Bun.version}`;
  return `${bun} ${quoted(`${places.root}/dist/cli.js`)}`;
}
