import { columnsIn, lineOf, segmentsByName } from "../line/line.ts";
import { sampleSession } from "../line/sample.ts";
import { troubleIn } from "../line/settings-trouble.ts";
import { viewOf } from "../line/view.ts";
import { readBranch } from "../line/branch.ts";
import { type LoggerState, stateOf } from "../model/state.ts";
import { findProgram } from "../claude/program.ts";
import { logFiles } from "../monitoring/LogFiles.ts";
import type { Outcome } from "../monitoring/Recorder.ts";
import { captureInto } from "../cli/capture.ts";
import { checkLogSettings } from "../install/machine.ts";
import { readOwn } from "../utils/files.ts";
import { logDirectory } from "../utils/paths.ts";
import { styleOf } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";

/** Three questions that the log answers; also in the README, and run in a test. */
export const QUERIES = [
  [
    "how full is the five-hour window, minute by minute",
    `jq -r '.usage_data.rate_limits.five_hour.utilization as $answer | [(if $answer then .timestamp else .statusline.seen_at // .timestamp end), $answer // .statusline.rate_limits.five_hour.used_percentage] | @tsv' usage.jsonl`,
  ],
  ["all diagnostic warnings", `jq -r '.diagnostics.warnings[]?' status.jsonl | sort | uniq -c`],
  [
    "what appeared and what was resolved",
    `jq -r '[.timestamp, .state, .diagnostic_type, .message] | @tsv' diagnostics.jsonl`,
  ],
] as const;

/** A first look: one real capture, the line with this machine's real limits, and what to do next. */
export const start: Command = {
  name: "start",
  description: "take one real capture, show the line with this machine's limits, and say where the records went",
  async run(context) {
    const { settings, places, env, print } = context;
    checkLogSettings(context);
    const program = findProgram(settings, env, places);
    const directory = await logDirectory(settings, places);
    const files = logFiles(directory, places.scope);
    if (program === null) {
      print("Claude Code was not found (no claude on PATH, PET_CLAUDE_COMMAND not set): nothing was captured.");
    } else {
      print(`Asking ${program} once, without any model and without your hooks ...`);
      tell(await captureInto(directory, "both", context), context);
    }
    const state = program === null ? null : stateOf(readOwn(files.state));
    print("");
    print(`The line for a recorded sample session${limitsNote(state)}:`);
    print("");
    for (const row of await sampleLine(context, state)) print(`  ${row}`);
    if (program !== null) {
      print("");
      print(`The records are in ${directory}; ask them with jq:`);
      for (const [question, query] of QUERIES) print(`  # ${question}\n  cd ${quoted(directory)} && ${query}`);
    }
    print("");
    print("To have the line in Claude Code, and the log kept from now on:");
    print(`  ${installCommand(context)} install --log`);
    print(`  (--dry-run shows what would change)`);
    return 0;
  },
};

function tell(outcome: Outcome, { print }: Context): void {
  if (outcome.result !== "recorded") {
    const why = outcome.result === "stopped" ? outcome.trouble.message : "another worker is making a record";
    print(`Nothing was recorded: ${why}. See: pawprint doctor`);
    return;
  }
  for (const { kind, record, written } of outcome.records) {
    print(`  ${kind.padEnd(11)} ${written === "written" ? "recorded" : "was there already"}: ${record.id}`);
  }
  const { asked } = outcome;
  if (asked?.failure) print(`  Claude Code gave no usable answer: ${asked.failure.reason}`);
  if (asked) print(`  the answers took ${(asked.wallMs / 1_000).toFixed(1)} s`);
}

function limitsNote(state: LoggerState | null): string {
  return state && state.quotas.length > 0
    ? ", with this machine's real limits"
    : ", without limits: none are known here";
}

async function sampleLine(
  { settings, problems, places, clock, terminal }: Context,
  state: LoggerState | null,
): Promise<string[]> {
  const now = clock.now();
  const { theme, glyphs, links } = settings;
  const look = styleOf({ theme, glyphs, links, colour: terminal.colour });
  const branch = await readBranch(places.root);
  const trouble = troubleIn(settings, problems, segmentsByName);
  const view = viewOf({ now, session: sampleSession(now), state, branch, trouble, settings, look });
  return lineOf(view, settings, columnsIn(terminal.columns));
}

/** A path as one word of a shell. */
const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

/** How this program was reached, so that the next command can be typed as it is shown. */
function installCommand({ places, bunLasts }: Context): string {
  const bun = bunLasts ? "bun" : `npx --yes bun@${Bun.version}`;
  return `${bun} ${quoted(`${places.root}/dist/cli.js`)}`;
}
