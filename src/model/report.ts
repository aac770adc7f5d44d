/**
 * What Claude Code says of its own installation, as `claude doctor` prints it today, or as the "System diagnostics" part
 * of /status did in older versions. Recorded texts: test/fixtures/diagnostics.
 */
export interface Report {
  /** Values by label of the lines "Label: value" above the first section, for instance "Running". */
  readonly facts: ReadonlyMap<string, string>;
  /** What stands under headings: one entry per item, in order. */
  readonly items: readonly ReportItem[];
}

export interface ReportItem {
  /** The heading it stands under, without a leading count: "Invalid settings", "warning found", "System diagnostics". */
  readonly section: string;
  readonly text: string;
  /** The remedy that the program itself prints, or null. */
  readonly fix: string | null;
}

/** How bad a finding is: an error stops something from working, a warning will hurt, info is worth knowing. */
export type Severity = "error" | "warning" | "info";

/** One thing that is wrong or notable with the installation. `type` is snake_case; `details` are machine-readable. */
export interface Finding {
  readonly type: string;
  readonly severity: Severity;
  /** One sentence, as the program said it wherever it did. */
  readonly message: string;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

/** What makes two findings the same one over time: its type and sentence. */
export function fingerprint(finding: Pick<Finding, "type" | "message">): string {
  return `${finding.type}\n${finding.message}`;
}

const MAX_ITEMS = 1_000;

/** Reads a report's text, at most 1,000 items of it; unknown lines are passed over. */
export function parseReport(text: string): Report {
  const facts = new Map<string, string>();
  const items: { section: string; text: string; fix: string | null }[] = [];
  let section = "";
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (items.length >= MAX_ITEMS) break;
    const item = /^(?:[-•⚠└]|‼)\uFE0F?\s*(.+)$/u.exec(line)?.[1];
    const remedy = /^Fix:\s*(.+)$/.exec(line)?.[1];
    const fact = /^([A-Z][A-Za-z -]{1,40}?(?: \(\w+\))?):\s+(.+)$/.exec(line);
    const last = items.at(-1);
    if (item) items.push({ section, text: item, fix: null });
    else if (remedy && last) last.fix ??= remedy;
    else if (fact?.[1] && fact[2] && section === "") facts.set(fact[1], fact[2]);
    else if (line !== "" && line.length <= 80 && !/[.:]$/.test(line)) section = line.replace(/^\d+ /, "");
  }
  return { facts, items };
}
