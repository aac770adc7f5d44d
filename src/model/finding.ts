/**
 * The parsed text of `claude doctor`, or of the "System diagnostics" part of /status in older versions. Recorded texts:
 * test/fixtures/diagnostics/recorded.
 */
export interface DiagnosticReport {
  /** Values by label of lines such as "Running: npm-global (2.1.328)"; the first value of each label. */
  readonly facts: ReadonlyMap<string, string>;
  /** Lines under headings and all marked warnings, one entry per item, in order. */
  readonly items: readonly ReportItem[];
}

/** One item of a report that is or may be a problem. */
export interface ReportItem {
  /**
   * The heading above the item, without a leading count: "Invalid settings", "warnings found", "System Diagnostics".
   */
  readonly section: string;
  readonly text: string;
  /** The remedy that the program prints, or null. */
  readonly fix: string | null;
  /** Lines below a marked warning, for instance the installations that were found. */
  readonly parts: readonly string[];
  /**
   * Whether the program itself marks the item as a warning (⚠, "Warning:"); false where only its heading suggests one.
   */
  readonly marked: boolean;
}

/**
 * How bad a finding is: an error stops something from working, a warning may cause harm later, info needs no action.
 */
export type Severity = "error" | "warning" | "info";

/** One thing that is wrong or notable with the installation. `type` is snake_case; `details` are machine-readable. */
export interface Finding {
  readonly type: string;
  readonly severity: Severity;
  /** One sentence, in the program's own words where it has any; at most 1,000 characters. */
  readonly message: string;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * The install method of the running program and the one in its configuration ("npm-global", "native", ...); null where
 * the report does not state it.
 */
export interface Installation {
  readonly running: string | null;
  readonly config: string | null;
}

/** The text that identifies a finding: its type, and its sentence including all numbers. */
type FindingText = Pick<Finding, "type" | "message">;

/**
 * The exact text of a finding: its type and sentence. Findings of one report with the same text are the same finding.
 */
export function fingerprint({ type, message }: FindingText): string {
  return `${type}\n${message}`;
}

/** A function that computes its result on the first call. Every report loads this file, but few use findings. */
function once<T>(compute: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= compute());
}

/**
 * Numbers that differ between two checks although nothing happened: dates, times of day, durations, ports, process ids,
 * random ids.
 */
const measuredNumbers = once((): readonly RegExp[] => [
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

/**
 * Numbers that change with what they describe: versions, and counts, sizes and percentages that stand as separate
 * words.
 */
const countedNumbers = once((): readonly RegExp[] => [
  /(?<![\p{L}\d.])(?:v\d{1,9}(?:\.\d{1,9}){0,3}|\d{1,9}(?:\.\d{1,9}){2,3})(?:-(?:alpha|beta|rc|dev|next|canary)[\w.]{0,20})?(?![\d])/gu,
  /(?<![\p{L}\d_./[-])\d{1,20}(?:[.,/–-]\d{1,20}){0,6}(?:\s?(?:[kKMGT]i?B?|bytes|B|%))?(?![\p{L}\d_\]])/gu,
]);

/**
 * The text with every match replaced by "#". Text in double quotes comes from the user, such as a rule, and is kept.
 */
function maskNumbers(text: string, patterns: readonly RegExp[]): string {
  return text
    .split(/("[^"]*")/)
    .map((part, index) => (index % 2 === 1 ? part : patterns.reduce((all, form) => all.replaceAll(form, "#"), part)))
    .join("");
}

/**
 * The identity of a finding over time: its type and sentence without the numbers that change while the problem stays
 * the same (durations, dates, ports, process ids, counts, sizes, versions). Digits that belong to a name, as in a path
 * or a model, are kept. Several findings of one report may share an identity; see `changesBetween`.
 */
export function identityOf(finding: FindingText): string {
  return maskNumbers(maskNumbers(fingerprint(finding), measuredNumbers()), countedNumbers());
}

/** Whether two findings with the same identity differ in more than numbers that are measured anew at each check. */
function isChanged(before: Finding, after: Finding): boolean {
  const comparableText = ({ type, severity, message, details }: Finding): string =>
    maskNumbers(
      [type, severity, message, ...Object.entries(details).map(String).toSorted()].join("\n"),
      measuredNumbers(),
    );
  return comparableText(before) !== comparableText(after);
}

/**
 * How a finding changed since the previous check. `key` distinguishes the events of one check and is the same on every
 * retry.
 */
export interface FindingEvent {
  readonly finding: Finding;
  readonly state: "appeared" | "changed" | "resolved";
  readonly key: string;
}

/**
 * The changes between two sets of findings. Two findings are the same one if they share an identity that is unique in
 * both sets. Findings whose identity is not unique are compared by their whole sentence.
 */
export function changesBetween(before: readonly Finding[], after: readonly Finding[]): FindingEvent[] {
  const shared = new Set([...repeatedIdentities(before), ...repeatedIdentities(after)]);
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

function repeatedIdentities(findings: readonly Finding[]): string[] {
  const identities = findings.map(identityOf);
  const observed = new Set<string>();
  return identities.filter((identity) => {
    const isRepeated = observed.has(identity);
    observed.add(identity);
    return isRepeated;
  });
}

/** The findings known so far from a log. Finds the one that the next event refers to. */
export class KnownFindings<T extends FindingText> {
  readonly #byFingerprint = new Map<string, T>();
  readonly #byIdentity = new Map<string, Set<T>>();
  /** Identities by exact text. A log repeats the same few findings, so each is computed once. */
  readonly #identities = new Map<string, string>();

  /**
   * The finding that an event refers to: the one with the same sentence, else one with the same identity. The latter
   * must be open (`isOpen`), or closed if the event is "appeared": logs of earlier versions recorded every change of a
   * number as a new finding. Returns undefined if there is none.
   */
  find(event: FindingText, state: FindingEvent["state"], isOpen: (one: T) => boolean): T | undefined {
    const exact = this.#byFingerprint.get(fingerprint(event));
    if (exact) return exact;
    for (const one of this.#byIdentity.get(this.#identityOf(event)) ?? [])
      if (isOpen(one) === (state !== "appeared")) return one;
    return undefined;
  }

  add(one: T): void {
    const identity = this.#identityOf(one);
    this.#byFingerprint.set(fingerprint(one), one);
    this.#byIdentity.set(identity, (this.#byIdentity.get(identity) ?? new Set()).add(one));
  }

  remove(one: T): void {
    if (this.#byFingerprint.get(fingerprint(one)) === one) this.#byFingerprint.delete(fingerprint(one));
    this.#byIdentity.get(this.#identityOf(one))?.delete(one);
  }

  #identityOf(one: FindingText): string {
    const exact = fingerprint(one);
    const known = this.#identities.get(exact) ?? identityOf(one);
    this.#identities.set(exact, known);
    return known;
  }
}
