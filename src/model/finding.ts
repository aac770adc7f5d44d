/**
 * What Claude Code says of its own installation, as `claude doctor` prints it today, or as the "System diagnostics" part
 * of /status did in older versions. Recorded texts: test/fixtures/diagnostics/recorded.
 */
export interface DiagnosticReport {
  /** Values by label of lines such as "Running: npm-global (2.1.328)", the first of each label. */
  readonly facts: ReadonlyMap<string, string>;
  /** What stands under headings, and every marked warning: one entry per item, in order. */
  readonly items: readonly ReportItem[];
}

/** One item of a report: trouble, or what looks like it. */
export interface ReportItem {
  /** The heading it stands under, without a leading count: "Invalid settings", "warnings found", "System Diagnostics". */
  readonly section: string;
  readonly text: string;
  /** The remedy that the program itself prints, or null. */
  readonly fix: string | null;
  /** What is listed below a marked warning, for instance the installations that were found. */
  readonly parts: readonly string[];
  /** Whether the program itself marks it (⚠, "Warning:"), and not only the place where it stands. */
  readonly marked: boolean;
}

/** How bad a finding is: an error stops something from working, a warning will hurt, info is worth knowing. */
export type Severity = "error" | "warning" | "info";

/** One thing that is wrong or notable with the installation. `type` is snake_case; `details` are machine-readable. */
export interface Finding {
  readonly type: string;
  readonly severity: Severity;
  /** One sentence, as the program said it wherever it did; at most 1,000 characters. */
  readonly message: string;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

/** How the running program was installed and how its configuration says it was ("npm-global", "native", ...); null = not said. */
export interface Installation {
  readonly running: string | null;
  readonly config: string | null;
}

/** What a finding is told by: its type, and its sentence with every number in it. */
type FindingText = Pick<Finding, "type" | "message">;

/** The exact text of a finding: its type and sentence. Two of one report that share it are one. */
export function fingerprint({ type, message }: FindingText): string {
  return `${type}\n${message}`;
}

/** A function that makes its result at the first call: every report loads this file, and few look at findings. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Numbers that differ at each look although nothing happened: dates, times of day, durations, ports, process ids, random ids. */
const measured = once((): readonly RegExp[] => [
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
  /\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|\s?[+-]\d{2}:?\d{2})?)?/g,
  /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? \d{1,2}(?:, \d{4})?\b/g,
  /\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}(?: \d{4})?\b/g,
  /\b\d{1,2}\/\d{1,2}\/\d{2,4}\b/g,
  /\b\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:\s?[ap]m\b)?/gi,
  /\b\d[\d.,]{0,20}\s?(?:ns|[µu]s|ms|millis(?:econds?)?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|weeks?|months?|years?)\b/gi,
  /\b(?:pid|process|port)s?(?:\s|[:=#]){0,3}\d{1,10}\b/gi,
  /(?<=[\p{L}\d\]]):\d{2,5}\b/gu,
  /(?<=\/)\d{3,10}(?=[/.\s]|$)/g,
]);

/** Numbers that change with what they tell of: versions, and counts, sizes and shares that are words of their own. */
const counted = once((): readonly RegExp[] => [
  /(?<![\p{L}\d.])(?:v\d{1,9}(?:\.\d{1,9}){0,3}|\d{1,9}(?:\.\d{1,9}){2,3})(?:-(?:alpha|beta|rc|dev|next|canary)[\w.]{0,20})?(?![\d])/gu,
  /(?<![\p{L}\d_./[-])\d{1,20}(?:[.,/–-]\d{1,20}){0,6}(?:\s?(?:[kKMGT]i?B?|bytes|B|%))?(?![\p{L}\d_\]])/gu,
]);

/** The text with what fits replaced by "#". What stands in double quotes is the user's own, such as a rule, and stays. */
function without(text: string, forms: readonly RegExp[]): string {
  return text
    .split(/("[^"]*")/)
    .map((part, index) => (index % 2 === 1 ? part : forms.reduce((all, form) => all.replaceAll(form, "#"), part)))
    .join("");
}

/**
 * What makes two findings the same one over time: type and sentence without the numbers that change while the trouble stays
 * the same one (durations, dates, ports, process ids, counts, sizes, versions). Digits that belong to a name, as in a path
 * or the name of a model, stay. Several findings of one report may share an identity; see `changesBetween`.
 */
export function identityOf(finding: FindingText): string {
  return without(without(fingerprint(finding), measured()), counted());
}

/** Whether two findings of one identity differ in more than what is measured anew at each look. */
function isChanged(before: Finding, after: Finding): boolean {
  const settled = ({ type, severity, message, details }: Finding): string =>
    without([type, severity, message, ...Object.entries(details).map(String).toSorted()].join("\n"), measured());
  return settled(before) !== settled(after);
}

/** What became of a finding since the look before. `key` tells apart the events of one look, and is the same at each try. */
export interface FindingEvent {
  readonly finding: Finding;
  readonly state: "appeared" | "changed" | "resolved";
  readonly key: string;
}

/**
 * What changed between two sets of findings. Where one finding of each has an identity, they are the same one. An identity
 * that several share tells nothing: these are told apart by their whole sentence.
 */
export function changesBetween(before: readonly Finding[], after: readonly Finding[]): FindingEvent[] {
  const shared = new Set([...repeated(before), ...repeated(after)]);
  const keyOf = (finding: Finding): string => {
    const identity = identityOf(finding);
    return shared.has(identity) ? fingerprint(finding) : identity;
  };
  const known = new Map(before.map((finding) => [keyOf(finding), finding]));
  const events: FindingEvent[] = [];
  for (const finding of after) {
    const key = keyOf(finding);
    const last = known.get(key);
    known.delete(key);
    if (!last) events.push({ finding, state: "appeared", key });
    else if (isChanged(last, finding)) events.push({ finding, state: "changed", key });
  }
  for (const [key, finding] of known) events.push({ finding, state: "resolved", key });
  return events;
}

function repeated(findings: readonly Finding[]): string[] {
  const identities = findings.map(identityOf);
  const seen = new Set<string>();
  return identities.filter((identity) => {
    const again = seen.has(identity);
    seen.add(identity);
    return again;
  });
}

/** Findings of a log as they are known so far, to find the one that the next event is about. */
export class KnownFindings<T extends FindingText> {
  readonly #exact = new Map<string, T>();
  readonly #alike = new Map<string, Set<T>>();
  /** Identities by exact text: a log tells the same few findings over and over. */
  readonly #identities = new Map<string, string>();

  /**
   * The one that an event is about: that with its very sentence; else one of its identity, which must be open (`isOpen`), or
   * not open where the event is that it appeared (the log of an earlier version told each number as a finding of its own).
   * undefined: none of them.
   */
  find(event: FindingText, state: FindingEvent["state"], isOpen: (one: T) => boolean): T | undefined {
    const exact = this.#exact.get(fingerprint(event));
    if (exact) return exact;
    for (const one of this.#alike.get(this.#identityOf(event)) ?? [])
      if (isOpen(one) === (state !== "appeared")) return one;
    return undefined;
  }

  add(one: T): void {
    const identity = this.#identityOf(one);
    this.#exact.set(fingerprint(one), one);
    this.#alike.set(identity, (this.#alike.get(identity) ?? new Set()).add(one));
  }

  remove(one: T): void {
    if (this.#exact.get(fingerprint(one)) === one) this.#exact.delete(fingerprint(one));
    this.#alike.get(this.#identityOf(one))?.delete(one);
  }

  #identityOf(one: FindingText): string {
    const exact = fingerprint(one);
    const known = this.#identities.get(exact) ?? identityOf(one);
    this.#identities.set(exact, known);
    return known;
  }
}
