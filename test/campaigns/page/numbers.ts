// Compares every number on a page with what the command line answers to the same question.
import { dayAndTime } from "../../../src/dashboard/text.ts";
import { valueFormats } from "../../../src/render/format.ts";
import type { Tab } from "./browser.ts";

/** A number on a page, or a row of a table, with the question that it answers. */
interface Marked {
  readonly question: string;
  /** Name of a field of the JSON, such as today.cost; null for a row of a table. */
  readonly field: string | null;
  /** The value of the field as it is in JSON; null where only a text is shown. */
  readonly value: string | null;
  /** The texts of the number, or of the cells. */
  readonly texts: readonly string[];
  /** The heads of the cells. */
  readonly heads: readonly string[];
}

/** Answers of the command line. */
export type Ask = (question: string, form: "json" | "csv") => Promise<string>;

/** What was compared, and what differs. */
export interface Comparison {
  readonly numbers: number;
  readonly rows: number;
  readonly questions: number;
  readonly differences: readonly string[];
}

/** How often a page is read anew before a difference counts: what depends on the time changes between two answers. */
const ATTEMPTS = 4;
/** A page asks again at least this often, and times of answers are as exact as this, milliseconds. */
const [REFRESH_MS, CLOCK_MS] = [70_000, 500];

const MARKED = `[...document.querySelectorAll('[data-report]')].flatMap((one) => {
  const question = one.dataset.report;
  const textOf = (cell) => cell.textContent.trim();
  if (one.dataset.field !== undefined)
    return [{ question, field: one.dataset.field, value: one.getAttribute('value') ?? one.dataset.value ?? null, texts: [textOf(one)], heads: [] }];
  const heads = [...one.querySelectorAll('thead th')].map((head) => textOf(head).replace(/ [▲▼]$/, ''));
  return [...one.querySelectorAll('tbody tr')].map((row) => ({ question, field: null, value: null, texts: [...row.cells].map(textOf), heads }));
})`;

/** Compares what is on the page now. */
export async function compareNumbers(tab: Tab, ask: Ask): Promise<Comparison> {
  for (let attempt = 1; ; attempt++) {
    await tab.settled();
    const found = await compareOnce(await tab.evaluate<Marked[]>(MARKED), ask);
    if (found.differences.length === 0 || attempt === ATTEMPTS) return found;
    await tab.page.reload();
  }
}

async function compareOnce(marked: readonly Marked[], ask: Ask): Promise<Comparison> {
  const differences: string[] = [];
  const counts = { numbers: 0, rows: 0, questions: 0 };
  for (const [question, ofQuestion] of Map.groupBy(marked, (one) => one.question)) {
    counts.questions++;
    const numbers = ofQuestion.filter(({ field }) => field !== null);
    const rows = ofQuestion.filter(({ field }) => field === null);
    try {
      if (numbers.length > 0) {
        const answers = [await answerTo(question, ask)];
        const isSame = numbers.every((one) => wrongNumber(one, answers).length === 0);
        if (!isSame) answers.push(await answerTo(question, ask));
        differences.push(...numbers.flatMap((one) => wrongNumber(one, answers)));
      }
      if (rows.length > 0) differences.push(...wrongRows(rows, await ask(question, "csv")));
    } catch (error) {
      differences.push(`${question}: the command line does not answer: ${String(error).slice(0, 300)}`);
    }
    counts.numbers += numbers.length;
    counts.rows += rows.length;
  }
  return { ...counts, differences };
}

/** An answer of the command line, and when it was given, epoch milliseconds. */
interface Answer {
  readonly json: unknown;
  readonly at: number;
}

async function answerTo(question: string, ask: Ask): Promise<Answer> {
  const json: unknown = JSON.parse(await ask(question, "json"));
  return { json, at: Date.now() };
}

function wrongNumber({ question, field, value, texts }: Marked, [first, second]: readonly Answer[]): string[] {
  const of = (answer: Answer | undefined): unknown => fieldIn(answer?.json, field ?? "");
  const expected = of(first);
  const isSame = value === null || textOf(expected) === value || wasSo(Number(value), first, second, of);
  if (!isSame) return [`${question} ${field}: ${value} here, ${textOf(expected)} there`];
  const [text = ""] = texts;
  const written = typeof expected === "number" ? numberTexts(value === null ? expected : Number(value)) : null;
  return written === null || written.has(text) ? [] : [`${question} ${field}: ${value} is written as "${text}"`];
}

/** A value of JSON as the page marks it. */
const textOf = (value: unknown): string =>
  typeof value === "string" ? value : value === null || value === undefined ? "" : JSON.stringify(value);

/** Whether a number that grows with the time, such as an age, was this one when the page asked, according to two answers. */
function wasSo(
  value: number,
  first: Answer | undefined,
  second: Answer | undefined,
  of: (one?: Answer) => unknown,
): boolean {
  const [a, b] = [of(first), of(second)];
  if (!first || !second || typeof a !== "number" || typeof b !== "number" || a === b) return false;
  const ago = ((a - value) / (b - a)) * (second.at - first.at);
  return ago >= -CLOCK_MS && ago <= REFRESH_MS;
}

function fieldIn(json: unknown, field: string): unknown {
  let value = json;
  for (const name of field.split(".")) value = (value as Record<string, unknown> | null | undefined)?.[name];
  return value;
}

/** All ways in which a number of JSON may be written; money is in dollars there. A sign may be a word or an arrow beside it. */
function numberTexts(value: number): Set<string> {
  const texts = value < 0 ? numberTexts(-value) : new Set<string>();
  for (const [kind, { text, compact }] of Object.entries(valueFormats)) {
    const cell = kind === "money" ? Math.round(value * 1e6) : value;
    if (kind === "time") continue;
    texts.add(text(cell, String));
    if (compact) texts.add(compact(cell));
  }
  return texts;
}

/** Rows of a table that are not in the answer as CSV. */
function wrongRows(rows: readonly Marked[], csv: string): string[] {
  const zone = new URLSearchParams(rows[0]?.question.split("?")[1]).get("timezone") ?? "UTC";
  const [heads = [], ...records] = recordsOf(csv);
  const names = heads.map((head) => head.replace(/ \([^)]*\)$/, ""));
  const known = records.map((record) =>
    Object.fromEntries(names.map((name, at) => [name, cellTexts(heads[at] ?? "", record[at] ?? "", zone)])),
  );
  return rows.flatMap(({ question, heads: shown, texts }) => {
    const [nearest = []] = known
      .map((record) =>
        shown.flatMap((head, at) => (record[head]?.has(texts[at] ?? "") ? [] : [`${head} "${texts[at]}"`])),
      )
      .toSorted((a, b) => a.length - b.length);
    return nearest.length === 0 && known.length > 0
      ? []
      : [`${question}: no such row: ${texts.join(" | ")}: ${nearest.join(", ")}`];
  });
}

/** All ways in which a cell of CSV may be written in a table. */
function cellTexts(head: string, cell: string, zone: string): Set<string> {
  if (cell === "") return new Set(["", "—"]);
  const unit = /\(([^)]*)\)$/.exec(head)?.[1];
  const texts = new Set([cell, cell.replace(/^'/, "")]);
  if (unit === "UTC") return texts.add(dayAndTime(zone, Date.parse(cell)));
  const value = Number(cell);
  if (!Number.isFinite(value)) return texts;
  for (const text of numberTexts(unit === "s" ? value * 1_000 : value)) texts.add(text);
  return texts;
}

/** The records of CSV (RFC 4180). */
function recordsOf(csv: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  for (const [, quoted, plain = "", end = ""] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    record.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ",") continue;
    records.push(record);
    record = [];
  }
  return records.filter((one) => one.length > 1 || one[0] !== "");
}
