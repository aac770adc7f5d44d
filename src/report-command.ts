import { type CostMode, costModes, Costs } from "./asking/costs.ts";
import { priceTable } from "./asking/price-table.ts";
import type { Assistant } from "./asking/assistants.ts";
import { priceFields, priceNotes } from "./asking/price-notes.ts";
import { accountsNamed, shownPath } from "./asking/usage/accounts.ts";
import { wrapped } from "./asking/few.ts";
import type { Answer, Books, Question } from "./asking/question.ts";
import type { Scanned } from "./collector/Collector.ts";
import { type Opened, openLedger } from "./collector/open.ts";
import type { Command, Context, Option } from "./commands/contract.ts";
import {
  addDays,
  dateOf,
  offsetsIn,
  rangeOf,
  startOfDay,
  systemZone,
  type SystemZone,
  zoneOf,
} from "./model/calendar.ts";
import type { Report } from "./reports/contract.ts";
import { checkLogSettings } from "./setup/machine.ts";
import { openSink } from "./sinks/all.ts";
import type { Pass, Source } from "./sources/contract.ts";
import { sources } from "./sources/all.ts";
import { csvOf } from "./tables/csv.ts";
import { tableOf } from "./tables/table.ts";
import { PawprintError } from "./utils/errors.ts";
import { realPath, zoneFiles } from "./utils/files.ts";
import { ledgerPath, logDirectory, withHome } from "./utils/paths.ts";
import { isFields } from "./utils/json.ts";
import { find } from "./utils/shelf.ts";
import { clean, duration, isTerminal, jsonText, type Look, lookOf } from "./utils/terminal.ts";

/** The option that names an assistant. */
export const sourceOption: Option = {
  name: "source",
  value: "name",
  meaning: "one assistant: see pawprint sources --json",
};

const options: readonly Option[] = [
  { name: "json", meaning: "for programs; daily, weekly, monthly, session and blocks have the fields of ccusage" },
  { name: "csv", meaning: "for spreadsheets" },
  { name: "since", value: "2026-11-01", meaning: "first day, local" },
  { name: "until", value: "2026-11-30", meaning: "last day, local" },
  { name: "last", value: "24h, 7d, 4w or 3m", meaning: "only the last hours, days, weeks or months, today included" },
  { name: "timezone", value: "Asia/Kolkata", meaning: "zone of days and hours instead of this machine's" },
  {
    name: "project",
    value: "name",
    meaning: "one project or worktree, by its path, the end of it, or a part of its name",
  },
  {
    name: "account",
    value: "directory",
    meaning: "one account, by its configuration directory: see pawprint accounts",
  },
  { name: "model", value: "text", meaning: "models whose name holds this" },
  { name: "branch", value: "name", meaning: "one git branch" },
  sourceOption,
  { name: "breakdown", meaning: "a row for each model as well, and where there are several for each assistant's" },
  {
    name: "cost-mode",
    value: costModes.join("|"),
    meaning:
      "auto: what the assistant told, else tokens times price; calculate: only the latter; display: only the former",
  },
];

/** How long a report that needs it reads on in what sessions did, milliseconds; then it says how far that is. */
const PATIENCE_MS = 1_500;
/** Characters of a note that are shown. */
const MAX_NOTE = 4_000;
/** What takes less needs no bar. */
const QUIET_MS = 300;

/** A report as a command: reads what is new, asks, and prints. */
export function commandOf(report: Report): Command {
  return {
    name: report.name,
    meaning: report.meaning,
    options,
    isReport: true,
    async run(context) {
      using opened = openFor(context);
      await readNew(report, opened, context);
      const zone = zoneFor(context);
      print(await answerOf(report, opened, context, zone), context);
      // Where there is no line for a note.
      if (context.options["json"] || context.options["csv"]) zoneNotes(zone).forEach((note) => context.warn(note));
      return 0;
    },
  };
}

/** The ledger of this user, or one at another path, and what fills it from all assistants or some of them. Throws bad_setting, so that no other ledger is made where its path is wrong. */
export function openFor(context: Context, assistants?: readonly Source[], path?: string): Opened {
  checkLogSettings(context);
  const { settings, places, env, clock, door } = context;
  const scene = { env: withHome(env, places), home: places.home, now: () => clock.now(), help: { door } };
  return openLedger(path ?? ledgerPath(settings, places), scene, { assistants });
}

/** What a report answers to the options of a context. Throws bad_usage and bad_setting. */
export async function answerOf(
  report: Report,
  opened: Opened,
  context: Context,
  zone: SystemZone = zoneFor(context),
): Promise<Answer> {
  const question = questionOf(context, opened, zone);
  opened.ledger.keepDays(question.stretches);
  const books = await booksOf(context, opened);
  const answer = await report.run(question, books);
  const behind = report.needsActivity ? behindOf(opened) : null;
  const notes = [...priceNotes(books.costs), ...zoneNotes(zone), ...(behind === null ? [] : [behind])];
  return notes.length === 0 ? answer : withNotes(answer, notes, priceFields(books.costs));
}

/** An answer with more notes, and fields of the answer for programs. What it makes only where it is asked for stays so. */
const withNotes = (answer: Answer, notes: readonly string[], fields: object): Answer =>
  Object.create(answer, {
    notes: { value: [...answer.notes, ...notes] },
    json: { get: () => (isFields(answer.json) ? { ...answer.json, ...fields } : answer.json) },
  }) as Answer;

/** How far it is read what sessions did, as a sentence; null when all of it is. */
function behindOf({ ledger }: Opened): string | null {
  const { usage, activity } = ledger.files.progress();
  if (activity >= usage) return null;
  const percent = Math.floor((activity / usage) * 100);
  return `Not all of it yet: what sessions did is read to ${percent}% of the transcripts; pawprint scan --wait reads the rest.`;
}

/** An answer as lines of at most so many columns. */
export function linesOf(answer: Answer, look: Look, width: number): string[] {
  const { columns, rows, totals, empty, notes } = answer;
  const lines = answer.draw?.(look, width) ?? tableOf(columns, rows, { width, look, empty, ...(totals && { totals }) });
  const said = notes.flatMap((note) => wrapped(clean(note, MAX_NOTE), width)).map((note) => look.paint("quiet", note));
  return [...lines, ...said].map((line) => line.replaceAll("\n", " "));
}

async function readNew(report: Report, opened: Opened, context: Context): Promise<void> {
  await readWatched("usage", opened, context);
  if (report.needsActivity) await opened.collector.scan("activity", { signal: AbortSignal.timeout(PATIENCE_MS) });
}

/** Reads what is new, with a bar where it takes long and somebody is watching, and warns of what cannot be read. */
export async function readWatched(pass: Pass, { collector }: Opened, context: Context): Promise<Scanned> {
  const { clock, settings } = context;
  const { theme, glyphs } = settings;
  const look = lookOf({ theme, glyphs, colour: false, links: false });
  const line = isTerminal(2)
    ? new (await import("./commands/scan/progress-line.ts")).ProgressLine(process.stderr, clock, look)
    : null;
  const began = clock.now();
  line?.begin(pass === "usage" ? "responses" : "what sessions did");
  const scanned = await collector.scan(pass, {
    progress: (read, total) => (clock.now() - began > QUIET_MS ? line?.show(read, total) : undefined),
  });
  line?.end();
  for (const path of scanned.unreadable) context.warn(`pawprint: ${clean(path)} cannot be read and is not counted`);
  for (const { path, retryAt } of scanned.abandoned) {
    const pause = duration(retryAt - clock.now());
    const what = `reading ${clean(path)} took too long or too much memory`;
    context.warn(`pawprint: ${what}: nothing new is counted of it, and it is tried again in ${pause}`);
  }
  return scanned;
}

/** What the options ask for. Throws bad_usage. */
function questionOf(context: Context, { ledger }: Opened, { zone }: SystemZone): Question {
  const { options: given, clock, places } = context;
  const account = textOf(given["account"]);
  const now = clock.now();
  const [since, until, last] = ["since", "until", "last"].map((name) => textOf(given[name]));
  const range = rangeOf({ since, until, last, zone, now });
  if ("problem" in range) throw new PawprintError("bad_usage", clean(range.problem), range.hint);
  const span = ledger.questions.span();
  // In whole days where nothing else is asked for: their sums are there already.
  const from = Math.max(range.from, span ? startOfDay(zone, dateOf(zone, span.first)) : 0);
  const to = Math.min(range.to, startOfDay(zone, addDays(dateOf(zone, Math.max(span?.last ?? 0, now)), 1)));
  return {
    filter: {
      from: range.from,
      to: range.to,
      project: textOf(given["project"]),
      model: textOf(given["model"]),
      branch: textOf(given["branch"]),
      source: sourceOf(given)?.name,
      accounts:
        account === undefined ? undefined : accountsNamed(account, ledger.questions.accounts().values(), places.home),
    },
    zone,
    stretches: offsetsIn(zone, from, Math.max(to, from)),
    since: range.sinceDate,
    until: range.untilDate,
    now,
    isBrokenDown: given["breakdown"] === true,
  };
}

/** The assistant that the options name; undefined where they name none. Throws bad_usage naming all that there are. */
export function sourceOf(given: Context["options"]): Source | undefined {
  const name = textOf(given["source"]);
  return name === undefined ? undefined : find(sources, clean(name), "assistant");
}

const textOf = (value: string | true | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

/** The zone that the options name, else that of this machine. Throws bad_usage. */
function zoneFor({ options: given, env }: Context): SystemZone {
  const asked = textOf(given["timezone"]);
  if (asked === undefined) return systemZone(env, zoneFiles);
  const zone = zoneOf(asked);
  if (zone !== null) return { zone, problem: null };
  throw new PawprintError("bad_usage", `there is no time zone "${clean(asked)}"`, "for instance UTC or Asia/Kolkata");
}

/** What is to be said of a zone that could not be read; nothing where it could. */
function zoneNotes({ problem }: SystemZone): string[] {
  return problem === null ? [] : [`Days and hours are those of UTC: ${clean(problem, 300)}.`];
}

async function booksOf(context: Context, { ledger }: Opened): Promise<Books> {
  const mode = context.options["cost-mode"] ?? "auto";
  if (!costModes.includes(mode as CostMode)) {
    throw new PawprintError(
      "bad_usage",
      `there is no cost mode "${clean(String(mode))}"`,
      `one of: ${costModes.join(", ")}`,
    );
  }
  return {
    ledger: ledger.questions,
    home: context.places.home,
    assistants: sources.map((source) => assistantOf(source, context)),
    costs: new Costs(await priceTable(context.places.pets), mode as CostMode),
    modelNames: context.settings.modelNames,
    get progress() {
      return ledger.files.progress();
    },
    async log(kind, since) {
      const sink = openSink(context.settings, context.places, await logDirectory(context.settings, context.places));
      try {
        return [...sink.read(kind, since)].toSorted((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp));
      } finally {
        sink.close();
      }
    },
  };
}

/** An assistant as its source tells of itself; its places are looked up where somebody asks. */
function assistantOf({ name, title, tested, gaps, stores }: Source, { env, places }: Context): Assistant {
  const { home } = places;
  return {
    name,
    title,
    tested,
    gaps,
    get roots() {
      const given = new Set(stores.flatMap((store) => store.roots(withHome(env, places), home)));
      return Array.from(given, (path) => ({
        path: realPath(path) ?? path,
        shown: shownPath(path, home),
      }));
    },
  };
}

function print(answer: Answer, { options: given, settings, terminal, print: say }: Context): void {
  if (given["json"]) return say(jsonText(answer.json, 2));
  if (given["csv"]) {
    const csv = csvOf(
      answer.columns.map(({ name }) => name),
      answer.rows,
    );
    return say(csv.slice(0, -2));
  }
  const { theme, glyphs } = settings;
  const look = lookOf({ theme, glyphs, colour: terminal.colour, links: false });
  for (const line of linesOf(answer, look, Math.max(terminal.columns, 20))) say(line);
}
