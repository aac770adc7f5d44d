import { LOGGED_ASSISTANT } from "../model/record.ts";
import { titleOf } from "./shared/assistants.ts";
import {
  type FindingStory,
  HEALTH_RULE,
  type Health,
  healthOf,
  openMs,
  storiesOf,
  trendOf,
} from "./shared/findings.ts";
import { wrapItems } from "./shared/truncate.ts";
import { TURN_ON } from "./shared/limits/words.ts";
import type { ReportContext, ReportQuery } from "./shared/question.ts";
import { agoOf, isoOrNull, stampOf } from "./shared/when.ts";
import { FOREVER, offsetsIn } from "../model/calendar.ts";
import type { LogRecord, StatusRecord } from "../model/record.ts";
import { count } from "../render/format.ts";
import { sparkline } from "../render/spark.ts";
import type { Cell, Column } from "../render/table.ts";
import { clean, cut, duration, type Style } from "../utils/terminal.ts";
import type { Report } from "./contract.ts";

const DAY_MS = 86_400_000;
const DAYS = 30;
const COLUMNS: readonly Column[] = [
  { name: "Finding", kind: "text", priority: 9, shorten: true },
  { name: "Type", kind: "text", priority: 3 },
  { name: "Severity", kind: "text", priority: 7 },
  { name: "State", kind: "text", priority: 8 },
  { name: "First seen", kind: "text", priority: 5 },
  { name: "Last told", kind: "text", priority: 2 },
  { name: "Open for", kind: "duration", priority: 6 },
  { name: "Times", kind: "integer", priority: 1 },
];
const NOTHING = "Nothing is logged of the installation.";
const RANK = { error: 0, warning: 1, info: 2 } as const;
/** Findings of our log: open and resolved, since when, their trend, and a score of the permissions. */
export const diagnostics: Report = {
  name: "diagnostics",
  description: "findings of our log: open and resolved, since when, their trend, and a permission health score",
  async run(question, books) {
    const { zone, now, filter } = question;
    const isOurs = (filter.source ?? LOGGED_ASSISTANT) === LOGGED_ASSISTANT;
    const events = isOurs ? await books.log("diagnostics", 0) : [];
    const statuses = isOurs ? await books.log("status", now - (DAYS + 1) * DAY_MS) : [];
    const checked = statuses.map((one) => Date.parse(one.timestamp)).at(-1) ?? null;
    const isLogged = events.length + statuses.length > 0;
    const stories = storiesOf(events);
    const shown = stories
      .filter(({ isOpen, last, first }) => first < filter.to && (isOpen || last >= filter.from))
      .toSorted((a, b) => +b.isOpen - +a.isOpen || RANK[a.severity] - RANK[b.severity] || b.last - a.last);
    const firstLog = [events[0], statuses[0]].flatMap((one) => (one ? [Date.parse(one.timestamp)] : []));
    const trend = trendOf(stories, firstLog.length > 0 ? Math.min(...firstLog) : null, DAYS, zone, now);
    const tools = toolsOf(question, books);
    const health = isLogged ? healthOf(stories, sudoOf(statuses), tools) : null;
    const open = stories.filter(({ isOpen }) => isOpen).length;
    const ours = titleOf(books.assistants, LOGGED_ASSISTANT);
    const table = {
      columns: COLUMNS,
      rows: shown.map((story): Cell[] => cells(story, zone, now)),
      empty: isLogged ? "No finding in our log." : isOurs ? NOTHING : `Our log holds findings of ${ours} alone.`,
    };
    return {
      ...table,
      notes: health
        ? notesOf(health, tools, checked, now)
        : isOurs
          ? [TURN_ON, "pawprint doctor looks at the installation now."]
          : [],
      ...(health && {
        draw: (look: Style, width: number) => [
          cut(headOf(health, open, look), width, look.glyph("ellipsis")),
          cut(
            `${look.paint("quiet", `open, ${DAYS} days`)} ${sparkline(trend, look.glyphs)}`,
            width,
            look.glyph("ellipsis"),
          ),
          "",
          ...(shown.length === 0 ? [table.empty] : shown.flatMap((story) => storyLines(story, zone, now, look, width))),
        ],
      }),
      json: {
        permissionHealth: health && { ...health, rule: HEALTH_RULE },
        lastStatusAt: isoOrNull(checked),
        open,
        trend: { days: DAYS, openAtEndOfDay: trend },
        findings: shown.map((story) => jsonOf(story, now)),
      },
    };
  },
};

/** Tool uses of the last 30 days; null where none are known. */
function toolsOf(
  { zone, now }: ReportQuery,
  { queries: ledger }: ReportContext,
): { uses: number; failed: number } | null {
  const from = now - DAYS * DAY_MS;
  const rows = ledger
    .actions({ from, to: FOREVER, source: LOGGED_ASSISTANT }, offsetsIn(zone, from, now))
    .filter(({ action }) => action === "tool");
  const sum = (of: "count" | "failed"): number => rows.reduce((total, row) => total + row[of], 0);
  return rows.length === 0 ? null : { uses: sum("count"), failed: sum("failed") };
}

const sudoOf = (statuses: readonly LogRecord[]): boolean | null =>
  (statuses.at(-1) as StatusRecord | undefined)?.diagnostics.permissions.requires_sudo ?? null;

const cells = (story: FindingStory, zone: string, now: number): Cell[] => [
  story.message,
  story.type,
  story.severity,
  story.isOpen ? "open" : "resolved",
  stampOf(zone, story.first),
  stampOf(zone, story.last),
  openMs(story, now),
  story.spells.length,
];

function headOf({ score, because }: Health, open: number, look: Style): string {
  const role = score >= 90 ? "good" : score >= 60 ? "notice" : "warn";
  const reasons = because.map(({ points, reason }) => `-${points} ${reason}`).join(", ");
  const findings = open === 0 ? "no open finding" : `${count(open)} open ${open === 1 ? "finding" : "findings"}`;
  return `${findings}, permission health ${look.paint(role, `${score} of 100`)}${reasons && ` (${reasons})`}`;
}

/** One finding: what it says, and below that what became of it and the remedy that the program names. */
function storyLines(story: FindingStory, zone: string, now: number, look: Style, width: number): string[] {
  const { severity, message, type, isOpen, first, spells, fix } = story;
  const role = !isOpen ? "quiet" : severity === "error" ? "alarm" : severity === "warning" ? "warn" : "plain";
  const mark = isOpen ? look.glyph("finding") : " ";
  const life = [
    `${isOpen ? "open for" : "was open for"} ${duration(openMs(story, now))}`,
    `first seen ${stampOf(zone, first)}`,
    ...(spells.length > 1 ? [`${spells.length} times`] : []),
    type,
  ];
  const head = `${look.paint(role, `${mark} ${severity}${isOpen ? "" : ", resolved"}`)} ${clean(message)}`;
  return [
    cut(head, width, look.glyph("ellipsis")),
    ...wrapItems([`  ${life[0]}`, ...life.slice(1)], width, 2, look).map((line) => look.paint("quiet", line)),
    ...(isOpen && fix !== null ? [cut(`  ${clean(fix)}`, width, look.glyph("ellipsis"))] : []),
  ];
}

function notesOf(
  { score, because }: Health,
  tools: { uses: number } | null,
  checked: number | null,
  now: number,
): string[] {
  const last = checked === null ? `not in the last ${DAYS} days` : agoOf(checked, now);
  const lowered = because.map(({ points, reason }) => `, less ${points}: ${reason}`).join("");
  return [
    HEALTH_RULE,
    `Here it is ${score}: 100${lowered}.`,
    tools
      ? `Tool uses: ${count(tools.uses)} of the last ${DAYS} days.`
      : "Tool uses are not known yet and were left out.",
    `From our own log; the installation was last looked at ${last}.`,
  ];
}

const jsonOf = (story: FindingStory, now: number) => ({
  type: story.type,
  severity: story.severity,
  message: story.message,
  fix: story.fix,
  state: story.isOpen ? "open" : "resolved",
  firstSeen: isoOrNull(story.first),
  openSince: story.isOpen ? isoOrNull(story.since) : null,
  lastTold: isoOrNull(story.last),
  openMs: openMs(story, now),
  times: story.spells.length,
});
