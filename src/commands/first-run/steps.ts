import { existsSync } from "node:fs";
import { openLedgerFor, resultLines, runReport, scanWithProgress } from "../../cli/report-command.ts";
import { bunCommand, startCommandOf, originOf } from "../../install/origin.ts";
import { columnsIn, lineOf, segmentsByName } from "../../line/line.ts";
import { sampleSession } from "../../line/sample.ts";
import { settingsProblem } from "../../line/settings-problem.ts";
import { viewOf } from "../../line/view.ts";
import { stateOf } from "../../model/state.ts";
import { logFiles } from "../../monitoring/LogFiles.ts";
import { openSink } from "../../monitoring/sinks/registry.ts";
import { count } from "../../render/format.ts";
import { reports } from "../../reports/registry.ts";
import { readOwn } from "../../utils/files.ts";
import { type Fields, isFields } from "../../utils/json.ts";
import { find } from "../../utils/registry.ts";
import { jsonText, styleOf, width } from "../../utils/terminal.ts";
import type { Context } from "../contract.ts";
import type { FirstRun } from "./contract.ts";
import { DemoMachine } from "./demo-machine.ts";
import type { Page } from "./page.ts";
import { answerOf, jqIn, QUERIES, shellLines } from "./queries.ts";

/** One step of a first run: a title, and what it prints below. */
interface FirstRunStep {
  readonly title: string;
  show(first: FirstRun, page: Page): void | Promise<void>;
}

const HOUR_MS = 3_600_000;
/** How long session activity is read, milliseconds. */
const ACTIVITY_TIMEOUT_MS = 1_500;
/** Lines for an answer. */
const MAX_ANSWER_LINES = 6;

/** What the parts of the line mean that cannot be guessed, by their segment. */
const MEANINGS: readonly (readonly [segment: string, meaning: string])[] = [
  ["context", "ctx     how much of the context window is used"],
  ["lines", "+ -     lines added and removed"],
  ["cost", "$       cost of the session"],
  ["five-hour", "5h 7d   how much of the five-hour and the weekly limit is used"],
  ["pace", "pace    how much of them will be used at their reset"],
  ["cache", "cache   how long the prompt cache will last"],
];

/** What `start` and `demo` show after the capture, in this order. */
export const steps: readonly FirstRunStep[] = [
  { title: "The line below your prompt in Claude Code", show: showLine },
  { title: "The record of what Claude Code answered", show: showRecord },
  { title: "Questions to the log, with jq", show: showQueries },
  {
    title: "Tokens and cost of each day: pawprint daily --last 7d",
    show: (first, page) => showReport("daily", { last: "7d" }, first, page),
  },
  { title: "Everything on one screen: pawprint", show: (first, page) => showReport("overview", {}, first, page) },
  { title: "Install it", show: showInstall },
];

function showLine({ context, directory, branch, limitsOf }: FirstRun, page: Page): void {
  const { settings, problems, places, clock, terminal } = context;
  const state = stateOf(readOwn(logFiles(directory, places.scope).state));
  const hasLimits = state !== null && state.quotas.length > 0;
  const { theme, glyphs, links } = settings;
  const now = clock.now();
  const view = viewOf({
    now,
    session: sampleSession(now),
    state,
    branch,
    problem: settingsProblem(settings, problems, segmentsByName),
    settings,
    style: styleOf({ theme, glyphs, links, colour: terminal.colour }),
  });
  for (const row of lineOf(view, settings, columnsIn(terminal.columns))) page.line(row);
  page.gap();
  for (const [segment, meaning] of MEANINGS) if (settings.segments.includes(segment)) page.quiet(meaning);
  page.gap();
  page.text(
    `A recorded session, with ${hasLimits ? `${limitsOf} limits` : "no limits: none are known on this machine"}.`,
  );
}

function showRecord({ context, directory, place }: FirstRun, page: Page): void {
  const { settings, places, clock } = context;
  const sink = openSink(settings, places, directory);
  try {
    const recent = [...sink.read("usage", clock.now() - HOUR_MS)];
    const newest = recent.at(-1);
    if (!newest) return page.text(`No usage was recorded in the last hour in ${place}.`);
    const lines = fieldLines({ ...newest, scope: null }, 2, page.width - 2);
    for (const line of ["{", ...lines.map((one) => `  ${one}`), "}"]) page.line(line);
    const records =
      recent.length === 1 ? "The only usage record" : `The newest of ${count(recent.length)} usage records`;
    page.text(`${records} of the last hour, in ${place}.`);
  } finally {
    sink.close();
  }
}

async function showQueries({ context, directory }: FirstRun, page: Page): Promise<void> {
  const jq = jqIn(context.env);
  const isJsonl = QUERIES.some(({ file }) => existsSync(`${directory}/${file}`));
  if (!isJsonl) return page.text("No JSONL files are in the log's directory: pawprint logs prints the records.");
  for (const [index, query] of QUERIES.entries()) {
    if (index > 0) page.gap();
    page.quiet(`# ${query.question}`);
    for (const line of shellLines(query)) page.command(line);
    if (!existsSync(`${directory}/${query.file}`)) page.quiet(`nothing: there is no ${query.file} yet`);
    else if (jq !== null) showAnswer(await answerOf(query, { jq, directory }), page);
  }
  if (jq === null) page.text("jq is not on PATH, so the queries have no answers here.");
}

/** The last lines of an answer; null means that jq failed. */
function showAnswer(answer: readonly string[] | null, page: Page): void {
  if (answer === null) return page.quiet("jq could not answer this");
  if (answer.length === 0) return page.quiet("nothing");
  const shown = answer.length > MAX_ANSWER_LINES ? answer.slice(1 - MAX_ANSWER_LINES) : answer;
  if (shown !== answer) page.quiet(`${count(answer.length - shown.length)} earlier lines, and`);
  for (const line of shown) page.line(page.style.paint("good", line));
}

/** The fields of an object as JSON, as many in a line as fit; objects down to a depth have lines of their own, nulls are left out. */
function fieldLines(value: Fields, depth: number, columns: number): string[] {
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  const lines: string[] = [];
  let takesMore = false;
  for (const [index, [name, field]] of fields.entries()) {
    const end = index < fields.length - 1 ? "," : "";
    const isBlock = depth > 1 && isFields(field);
    const text = `${jsonText(name)}: ${isBlock ? "{" : jsonText(field) + end}`;
    const joined = `${lines.at(-1)} ${text}`;
    if (takesMore && !isBlock && width(joined) <= columns) lines[lines.length - 1] = joined;
    else lines.push(text);
    if (isBlock) lines.push(...fieldLines(field, depth - 1, columns - 2).map((line) => `  ${line}`), `}${end}`);
    takesMore = !isBlock;
  }
  return lines;
}

/** Shows a report on this machine's usage; where there is none yet, on that of the demo. */
async function showReport(name: string, options: Context["options"], { context }: FirstRun, page: Page): Promise<void> {
  const own = await reportLines(name, { ...context, options }, page);
  if (own) return own.forEach((line) => page.line(line));
  using demo = new DemoMachine(context);
  await demo.capture();
  for (const line of (await reportLines(name, { ...demo.context, options }, page)) ?? []) page.line(line);
  page.text("No usage of this machine has been read yet: this is the demo's.");
}

/** A report as lines; null where there is no usage. */
async function reportLines(name: string, context: Context, { style, width }: Page): Promise<string[] | null> {
  using opened = openLedgerFor(context);
  await scanWithProgress("usage", opened, context);
  if ((await opened.ledger.queries.span()) === null) return null;
  await opened.collector.scan("activity", { signal: AbortSignal.timeout(ACTIVITY_TIMEOUT_MS) });
  return resultLines(await runReport(find(reports, name, "report"), opened, context), style, width);
}

function showInstall({ context }: FirstRun, page: Page): void {
  const own = startCommandOf(originOf(context.places), bunCommand(context));
  for (const [args, description] of [
    ["install --log --dry-run", "shows what would change, and changes nothing"],
    ["install --log", "shows the line in Claude Code, and keeps the log"],
    ["uninstall", "removes it, and restores the status line that was there before"],
  ] as const) {
    page.quiet(`# ${description}`);
    page.command(`${own} ${args}`);
  }
}
