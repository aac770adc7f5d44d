import type { Finding, Installation, DiagnosticReport, ReportItem, Severity } from "../model/finding.ts";

/** Headings of sections without problems: an item below one counts only if it is marked as a warning. */
const INFORMATION = [
  /^(?:claude code doctor|claude cli diagnostic|claude code status v\S*|diagnostics|updates|version locks)$/i,
  /^(?:background server|remote control|working directory|account|api configuration|model|memory)$/i,
  /^(?:setting sources|ide integration|mcp servers|api connectivity)$/i,
];

/** Whether unmarked items of a section are information only. */
export function isInformation(section: string): boolean {
  return INFORMATION.some((form) => form.test(section));
}

/** Whether a text was a report: it states the running installation. */
export function isReport(report: DiagnosticReport): boolean {
  return report.facts.has("Running") || report.facts.has("Currently running");
}

const MISMATCH = /^(?:Installation c|C)onfig mismatch: running (.{1,60}?) but config says (.{1,60})$/;
const RUNNING = /^Running (?:from )?(\S{1,60}) installation but config install method is '([^']{1,60})'/;

/** The two install methods in a sentence about a mismatch; null for any other sentence. */
export function mismatchIn(text: string): { readonly running: string; readonly config: string } | null {
  const [, running, config] = MISMATCH.exec(text) ?? RUNNING.exec(text) ?? [];
  if (!running || !config) return null;
  return { running: running === "local" ? "npm-local" : running, config };
}

const word = (text: string | undefined): string | null => text?.replace(/\s*\(.*/, "").trim() || null;

/** The installation according to the facts, or else according to a sentence about a mismatch. */
export function installationOf(report: DiagnosticReport): Installation {
  const running = report.facts.get("Running") ?? report.facts.get("Currently running");
  const config = report.facts.get("Config install method");
  const mismatch = report.items.map(({ text }) => mismatchIn(text)).find((one) => one !== null);
  return { running: word(running) ?? mismatch?.running ?? null, config: word(config) ?? mismatch?.config ?? null };
}

/** Limits for hostile input: characters of a report, of a line and of a message; items; facts. */
const MAX_TEXT = 262_144;
const MAX_LINE = 4_000;
const MAX_MESSAGE = 1_000;
const MAX_ITEMS = 1_000;
const MAX_FACTS = 200;

/** Truncates a message to MAX_MESSAGE characters. */
export function truncateMessage(text: string): string {
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE - 1)}…`;
}

/** A finding with the item's own sentence as its message and its remedy in the details. */
export function findingOf(
  item: ReportItem,
  type: string,
  severity: Severity,
  details: Finding["details"] = {},
): Finding {
  return { type, severity, message: truncateMessage(item.text), details: { ...details, fix: item.fix } };
}

const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])/g;
const MARKED = /^(?:[⚠‼]\uFE0F?|Warning:)\s*(\S.*)$/u;
const BULLET = /^[-•]\s+(\S.*)$/u;
const TREE = /^(?:[└├⎿]|L(?= ))\s*(\S.*)$/u;
const FIX = /^(?:Suggested fix|Fix):\s*(\S.*)$/;
const REMEDY = /^(?:Run\b|Fix:|Consider\b|Do one of\b)/;
const FACT = /^([A-Z][A-Za-z -]{1,40}(?: \(\w+\))?):\s+(\S.*)$/;

type OpenItem = { section: string; text: string; fix: string | null; parts: string[]; marked: boolean };
type ReportLine = { readonly indent: number; readonly text: string };

class ReportReader {
  readonly facts = new Map<string, string>();
  readonly items: OpenItem[] = [];
  #section = "";
  #afterBlank = true;
  /** The item that the following lines may continue, its indent, and whether they continue its remedy. */
  #last: (OpenItem & { readonly tree: boolean; readonly indent: number }) | null = null;
  #inFix = false;
  /** The lines above the next tree item: a file, and the settings in it. */
  #path: ReportLine[] = [];
  /** Whether the heading has no item yet. */
  #isNew = false;

  read(line: ReportLine): void {
    const { text } = line;
    const [marked, bullet, tree, fix] = [MARKED, BULLET, TREE, FIX].map((form) => form.exec(text)?.[1]);
    const isBlank = !/[\p{L}\p{N}]/u.test(text);
    if (isBlank) this.#afterBlank = true;
    else if (marked) this.#open(line, marked, { marked: true });
    else if (bullet) this.#bullet(line, bullet);
    else if (tree) this.#tree(line, tree);
    else if (fix && this.#last) this.#remedy(fix);
    else this.#plain(line);
    if (!isBlank) this.#afterBlank = false;
  }

  #open(line: ReportLine, text: string, kind: { marked?: boolean; tree?: boolean }): void {
    if (this.#afterBlank && !kind.tree && isInformation(this.#section)) this.#section = "";
    const item = { section: this.#section, text, fix: null, parts: [], marked: kind.marked ?? false };
    this.items.push(item);
    this.#last = Object.assign(item, { tree: kind.tree ?? false, indent: line.indent });
    this.#inFix = false;
    this.#isNew = false;
    if (!kind.tree) this.#path = [];
  }

  #bullet(line: ReportLine, text: string): void {
    if (this.#last?.marked && !this.#afterBlank) this.#last.parts.push(text);
    else {
      if (this.#afterBlank && !this.#isNew) this.#section = "";
      this.#open(line, text, {});
    }
  }

  #tree(line: ReportLine, text: string): void {
    const last = this.#last;
    if (last?.marked && !this.#afterBlank) {
      if (REMEDY.test(text)) this.#remedy(text);
      else last.parts.push(text);
      return;
    }
    if (isInformation(this.#section)) {
      this.#fact(text);
      return;
    }
    if (last?.tree && last.indent < line.indent) {
      this.items.pop();
      this.#path.push({ indent: last.indent, text: last.text.split(" › ").at(-1) ?? "" });
    } else this.#path = this.#path.filter(({ indent }) => indent < line.indent);
    this.#open(line, [...this.#path.map((one) => one.text), text].join(" › "), { tree: true });
  }

  #remedy(text: string): void {
    if (this.#last) this.#last.fix ??= text;
    this.#inFix = true;
  }

  #plain(line: ReportLine): void {
    const last = this.#last;
    const amongFacts = last === null && (this.#section === "" || isInformation(this.#section));
    if ((this.#afterBlank || amongFacts) && this.#fact(line.text)) {
      if (this.#afterBlank) this.#begin("");
    } else if (this.#afterBlank) this.#begin(line.text.replace(/^\d+ /, "").replace(/ • \/\w+$/, ""));
    else if (last && this.#inFix) last.fix = truncateMessage(`${last.fix ?? ""} ${line.text}`);
    else if (last && line.indent > last.indent) last.text = truncateMessage(`${last.text} ${line.text}`);
    else {
      this.#last = null;
      this.#path = [line];
    }
  }

  #begin(section: string): void {
    this.#section = truncateMessage(section);
    this.#last = null;
    this.#path = [];
    this.#isNew = section !== "";
  }

  #fact(text: string): boolean {
    const [, label, value] = FACT.exec(text) ?? [];
    if (!label || !value) return false;
    if (!this.facts.has(label) && this.facts.size < MAX_FACTS) this.facts.set(label, truncateMessage(value));
    return true;
  }
}

/**
 * Parses a report of any version (its first 256 KB, at most 1,000 items): "Label: value" lines; "- item" under a
 * heading, with "Fix: ..." below; trees of "└" lines in older versions; "⚠ item" and "Warning: item" anywhere. A blank
 * or purely decorative line ends a section; an unmarked line below an item continues it.
 */
export function parseReport(text: string): DiagnosticReport {
  const reader = new ReportReader();
  for (const raw of text.slice(0, MAX_TEXT).split(/\r?\n/)) {
    if (reader.items.length >= MAX_ITEMS) break;
    const line = raw.slice(0, MAX_LINE).replaceAll(ESCAPES, "");
    reader.read({ indent: line.search(/\S|$/), text: line.trim() });
  }
  const items = reader.items.map(({ section, text: itemText, fix, parts, marked }) => ({
    section,
    text: truncateMessage(itemText),
    fix: fix === null ? null : truncateMessage(fix),
    parts: parts.map(truncateMessage),
    marked,
  }));
  return { facts: reader.facts, items };
}
