import { addDays, dateOf, startOfDay, type Zone } from "../../model/calendar.ts";
import type { DiagnosticRecord, LogRecord } from "../../model/record.ts";
import { KnownFindings } from "../../model/finding.ts";
import type { Severity } from "../../model/finding.ts";

/** A finding over time; epoch ms. */
export interface FindingStory {
  readonly type: string;
  /** As it was told last: numbers in it may have changed meanwhile. */
  message: string;
  severity: Severity;
  fix: string | null;
  /** When it was first seen, and when it appeared the last time. */
  readonly first: number;
  since: number;
  /** When it was last told of: it appeared, changed, or went. */
  last: number;
  isOpen: boolean;
  /** Stretches in which it was open; the end is null while it is. */
  readonly spells: { readonly from: number; to: number | null }[];
}

/** The stories of all findings in a log of their events, the oldest first. One that two accounts' logs tell has one for each. */
export function storiesOf(records: readonly LogRecord[]): FindingStory[] {
  const scopes = new Map<string, KnownFindings<FindingStory>>();
  const stories: FindingStory[] = [];
  for (const record of records as readonly DiagnosticRecord[]) {
    const { id, diagnostic_type: type, message, severity, state, details } = record;
    const at = Date.parse(record.timestamp);
    const scope = scopeOf(id, state);
    const known = scopes.get(scope) ?? new KnownFindings<FindingStory>();
    scopes.set(scope, known);
    const fix = typeof details["fix"] === "string" ? details["fix"] : null;
    let story = known.find({ type, message }, state, ({ isOpen }) => isOpen);
    const isAsBefore = story?.message === message;
    if (story && !isAsBefore) known.remove(story);
    if (!story) {
      story = { type, message, severity, fix, first: at, since: at, last: at, isOpen: false, spells: [] };
      stories.push(story);
    }
    Object.assign(story, { message, severity, fix, last: at });
    if (!isAsBefore) known.add(story);
    const spell = story.spells.at(-1);
    if (state === "resolved") {
      if (spell) spell.to ??= at;
    } else if (!spell || spell.to !== null) {
      story.spells.push({ from: at, to: null });
      story.since = at;
    }
    story.isOpen = state !== "resolved";
  }
  return stories;
}

/** Milliseconds for which a finding was open in all, until `now` where it still is. */
export const openMs = ({ spells }: FindingStory, now: number): number =>
  spells.reduce((sum, { from, to }) => sum + Math.max((to ?? now) - from, 0), 0);

/** How many findings were open at the end of each of so many days, the last of which is today; null before the log begins. */
export function trendOf(
  stories: readonly FindingStory[],
  since: number | null,
  days: number,
  zone: Zone,
  now: number,
): (number | null)[] {
  const today = dateOf(zone, now);
  return Array.from({ length: days }, (_, day) => {
    const end = Math.min(startOfDay(zone, addDays(today, day - days + 2)) - 1, now);
    if (since === null || end < since) return null;
    return stories.filter(({ spells }) => spells.some(({ from, to }) => from <= end && (to === null || to > end)))
      .length;
  });
}

/** A permission health score and what it was lowered for. */
export interface Health {
  /** 0 to 100. */
  readonly score: number;
  readonly because: readonly { readonly points: number; readonly reason: string }[];
}

/** The rule of the score, in one sentence. */
export const HEALTH_RULE =
  "Permission health: 100, less 15 for each open permission rule that may not work, 25 where updates lack permission " +
  "and 10 where they take root, less 1 for each percent of failed tool uses above 5 (at most 20).";

/** How well permissions are set: open findings, whether updates take root, and tools that failed of those used; null = not known. */
export function healthOf(
  stories: readonly FindingStory[],
  requiresSudo: boolean | null,
  tools: { readonly uses: number; readonly failed: number } | null,
): Health {
  const open = (type: string): number => stories.filter((one) => one.isOpen && one.type === type).length;
  const rules = open("permission_rules");
  const denied = open("permission_warning");
  const failed = tools && tools.uses > 0 ? (tools.failed / tools.uses) * 100 : 0;
  const lowered = [
    { points: 15 * rules, reason: `${rules} permission ${rules === 1 ? "rule" : "rules"} may not work` },
    { points: denied > 0 ? 25 : 0, reason: "updates lack permission" },
    { points: requiresSudo === true ? 10 : 0, reason: "updates take root" },
    { points: Math.min(Math.max(Math.floor(failed - 5), 0), 20), reason: `${failed.toFixed(1)}% of tool uses failed` },
  ];
  const because = lowered.filter(({ points }) => points > 0);
  return { score: Math.max(100 - because.reduce((sum, { points }) => sum + points, 0), 0), because };
}

/** The account and configuration that an event is of: the end of its id, behind state and time. */
const scopeOf = (id: string, state: string): string =>
  id
    .slice(id.lastIndexOf(`-${state}-`))
    .replace(/^-\w+-\d+-/, "")
    .replace(/-g\d+$/, "");
