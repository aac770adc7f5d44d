import { count, padEnd } from "../../render/format.ts";
import { wrapWords } from "../../reports/shared/truncate.ts";
import { cut, type Style, width as widthOf } from "../../utils/terminal.ts";
import { pages, periods } from "./pages.ts";
import { type Extent, KEY_HELP, offsetIn, type ViewState } from "./view-state.ts";

/** What a frame shows besides the view. */
export interface FrameContent {
  readonly lines: readonly string[];
  /** What went wrong or is going on, in a sentence; null for nothing. */
  readonly status: string | null;
  /** The local time: 13:45. */
  readonly time: string;
}

/** Size of the screen in columns and rows. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const GAP = "  ";

/** Most lines of a status. */
const STATUS_LINES = 3;

/** The lines of a status on a screen. */
const statusLines = (status: string | null, { columns }: ScreenSize): string[] =>
  status === null ? [] : wrapWords(status, columns).slice(0, STATUS_LINES);

/** The rows of the screen between head and foot. */
export const bodyRows = (size: ScreenSize, status: string | null): number =>
  Math.max(size.rows - 2 - statusLines(status, size).length, 0);

/** Where the numbers come from. */
const ORIGINS =
  "Files are read every second; a number without an age is at most five seconds old, a limit two minutes. Tokens: counted from transcripts. " +
  "Cost: as the assistants report it, else at list prices. Context: as Claude Code last reported it, else tokens of the last " +
  "request. Limits and findings: from Pawprint's own log and the assistants' files.";

/** The lines of the help; the sentences are wrapped at `width` columns. */
export function helpLines(style: Style, width: number): string[] {
  const keysWidth = Math.max(...KEY_HELP.map(([keys]) => keys.length));
  return [
    style.paint("name", "Keys"),
    ...KEY_HELP.map(([keys, effect]) => `${style.paint("pet", padEnd(keys, keysWidth))}  ${effect}`),
    "",
    ...wrapWords(ORIGINS, width).map((line) => style.quiet(line)),
  ];
}

/** The screen: pages, as many lines of the page as fit, a status, and the keys. One line for each row. */
export function frameOf(
  view: ViewState,
  { lines, status, time }: FrameContent,
  size: ScreenSize,
  style: Style,
): string[] {
  const rows = bodyRows(size, status);
  const extent = { lines: lines.length, rows };
  const offset = offsetIn(view.offset, extent);
  const body = lines.slice(offset, offset + rows);
  return [
    headLine(view.page, size.columns, style),
    ...body,
    ...Array<string>(rows - body.length).fill(""),
    ...statusLines(status, size).map((line) => style.paint("warn", line)),
    footLine(view, extent, time, size.columns, style),
  ]
    .slice(0, Math.max(size.rows, 0))
    .map((line) => cut(line, size.columns, style.glyph("ellipsis")));
}

/** The pages by number, with the names that fit: all, or that of the page shown. */
function headLine(page: number, columns: number, style: Style): string {
  const full = pages.map(({ name }, index) => `${index + 1} ${name}`);
  const gap = [GAP, " "].find((one) => widthOf(full.join(one)) <= columns);
  const names = gap === undefined ? full.map((name, index) => (index === page ? name : `${index + 1}`)) : full;
  return names.map((name, index) => style.paint(index === page ? "pet" : "quiet", name)).join(gap ?? GAP);
}

/** The keys on the left; the period, the position and the time on the right. Keys that do not fit are left out. */
function footLine(view: ViewState, extent: Extent, time: string, columns: number, style: Style): string {
  const period = view.isHelp ? null : view.periods[view.page];
  const offset = offsetIn(view.offset, extent);
  const last = Math.min(offset + extent.rows, extent.lines);
  const right = [
    ...(period == null ? [] : [periods[period]?.name ?? ""]),
    ...(extent.lines > extent.rows ? [`lines ${count(offset + 1)}-${count(last)} of ${count(extent.lines)}`] : []),
    time,
  ].join(GAP);
  const keys = [
    "q quit",
    view.isHelp ? "Esc close" : "? keys",
    ...(extent.lines > extent.rows ? ["arrows scroll"] : []),
    ...(period == null ? [] : [`${periods.map(({ key }) => key).join(" ")} period`]),
    `1-${pages.length} page`,
  ];
  while (keys.length > 0 && widthOf(keys.join(GAP)) + GAP.length + widthOf(right) > columns) keys.pop();
  const left = keys.join(GAP);
  const gap = " ".repeat(Math.max(columns - widthOf(left) - widthOf(right), 0));
  return `${style.quiet(left)}${gap}${style.quiet(right)}`;
}
