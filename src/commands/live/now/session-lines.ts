import { compactCount, money, padEnd, padStart } from "../../../render/format.ts";
import { agoOf, whenOf } from "../../../reports/shared/when.ts";
import { clean, cut, percent, type Style, width as widthOf } from "../../../utils/terminal.ts";
import type { NowData, WorkingSession } from "./data.ts";

/** A session with a response this recently is painted as active, milliseconds. */
const ACTIVE_MS = 60_000;
const GAP = "  ";
const MIN_NAME = 8;

/** A column of the sessions; those with a higher drop are left out first. */
interface SessionColumn {
  readonly head: string;
  readonly drop: number;
  readonly isRight?: true;
  text(session: WorkingSession): string;
}

/** The sessions of the last hour as a table of at most `rows` lines of at most `width` columns. */
export function sessionLines({ sessions, overview }: NowData, style: Style, width: number, rows: number): string[] {
  const { now, zone, lastResponse } = overview;
  if (sessions.length === 0) {
    const last = lastResponse === null ? "" : `; last active before ${whenOf(zone, lastResponse + 1, now)}`;
    return [style.quiet(`no response in the last hour${last}`)];
  }
  const shown = sessions.slice(0, Math.max(rows - 1, 1));
  const areSeveral = new Set(sessions.map(({ assistant }) => assistant)).size > 1;
  const columns: SessionColumn[] = [
    { head: "Model", drop: 1, text: ({ model }) => cut(clean(model), 20, style.glyph("ellipsis")) },
    ...(areSeveral
      ? [{ head: "Assistant", drop: 3, text: ({ assistant }: WorkingSession) => clean(assistant, 20) }]
      : []),
    { head: "Context", drop: 2, isRight: true, text: (one) => contextText(one, now) },
    {
      head: "Today",
      drop: 0,
      isRight: true,
      text: ({ today }) => (today.cost === null ? "no price" : money(today.cost)),
    },
    { head: "Last", drop: 0, isRight: true, text: ({ lastAt }) => agoOf(lastAt, now) },
  ];
  const sized = columns.map((column) => {
    const texts = shown.map((session) => column.text(session));
    return { ...column, texts, width: Math.max(widthOf(column.head), ...texts.map(widthOf)) };
  });
  const names = shown.map(({ project }) => clean(project));
  const wanted = Math.max(widthOf("Project"), ...names.map(widthOf));
  const widthOfAll = (all: typeof sized): number => all.reduce((sum, one) => sum + one.width + GAP.length, 0);
  let kept = sized;
  for (let drop = 3; drop > 0 && width - widthOfAll(kept) < Math.min(wanted, MIN_NAME); drop--)
    kept = kept.filter((one) => one.drop < drop);
  const nameWidth = Math.max(Math.min(wanted, width - widthOfAll(kept)), 1);
  const line = (name: string, textOf: (column: (typeof sized)[number]) => string): string =>
    [
      padEnd(cut(name, nameWidth, style.glyph("ellipsis")), nameWidth),
      ...kept.map((column) => (column.isRight ? padStart : padEnd)(textOf(column), column.width)),
    ].join(GAP);
  return [
    style.quiet(line("Project", ({ head }) => head)),
    ...shown.map((session, index) => {
      const text = line(names[index] ?? "", ({ texts }) => texts[index] ?? "");
      return now - session.lastAt <= ACTIVE_MS ? style.paint("good", text) : text;
    }),
  ];
}

/** The percentage that Claude Code reported, with its age, else the tokens of the last request; empty where neither is known. */
function contextText({ context, promptTokens }: WorkingSession, now: number): string {
  if (context) return `${percent(context.percent)} ${agoOf(context.at, now)}`;
  return promptTokens === null ? "" : `${compactCount(promptTokens)} tokens`;
}
