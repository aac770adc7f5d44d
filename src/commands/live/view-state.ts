import type { Key } from "./KeyParser.ts";
import { pages, periods } from "./pages.ts";

/** What the user chose to see. */
export interface ViewState {
  /** Index of the page. */
  readonly page: number;
  /** Index of the period of each page; null for pages without one. */
  readonly periods: readonly (number | null)[];
  /** Lines above the first one shown. */
  readonly offset: number;
  readonly isHelp: boolean;
}

/** The view at the start. */
export const firstView: ViewState = {
  page: 0,
  periods: pages.map(({ period }) => period),
  offset: 0,
  isHelp: false,
};

/** Lines of the page, and how many of them fit the screen. */
export interface Extent {
  readonly lines: number;
  readonly rows: number;
}

/** The keys and what they do, for the help. */
export const KEY_HELP: readonly (readonly [keys: string, effect: string])[] = [
  [`1-${pages.length}`, "page by number"],
  ["Tab, right; Shift-Tab, left", "next page; previous page"],
  ["down, j; up, k", "scroll by one line"],
  ["PageDown, Space; PageUp, b", "scroll by one screen"],
  ["Home, g; End, G", "to the first line; to the last line"],
  ...periods.map(({ key, name }) => [key, `period: ${name}`] as const),
  ["<; >", "shorter period; longer period"],
  ["Esc", "close the help; back to the first page"],
  ["?, h", "this help"],
  ["Ctrl-L, F5", "draw the screen again"],
  ["Ctrl-Z", "stop until fg"],
  ["q, Ctrl-C", "quit"],
];

/** The first line to show, so that the screen is full where there are enough lines. */
export const offsetIn = (offset: number, { lines, rows }: Extent): number =>
  Math.max(Math.min(offset, lines - rows), 0);

/** What a key does: a new view, the same one if the key means nothing, or a request. */
export function pressed(view: ViewState, key: Key, extent: Extent): ViewState | "leave" | "suspend" | "redraw" {
  const name = nameOf(key);
  const request = REQUESTS[name];
  if (request) return request;
  if (name === "?" || name === "h") return { ...view, isHelp: !view.isHelp, offset: 0 };
  if (name === "escape") return view.isHelp ? { ...view, isHelp: false, offset: 0 } : atPage(view, 0);
  if (/^[1-9]$/.test(name)) return Number(name) <= pages.length ? atPage(view, Number(name) - 1) : view;
  const turned = TURNS[name];
  if (turned !== undefined) return atPage(view, (view.page + turned + pages.length) % pages.length);
  const scrolled = scrolledBy(name, offsetIn(view.offset, extent), extent);
  if (scrolled !== null) return { ...view, offset: offsetIn(scrolled, extent) };
  return withPeriod(view, name);
}

/** A key as a text: ctrl-c, shift-tab, q. Keys with Alt mean nothing here. */
function nameOf({ name, ctrl, alt, shift }: Key): string {
  const modifiers = [ctrl && "ctrl", alt && "alt", shift && "shift"].filter(Boolean);
  return [...modifiers, name].join("-");
}

const REQUESTS: Readonly<Record<string, "leave" | "suspend" | "redraw">> = {
  q: "leave",
  "ctrl-c": "leave",
  "ctrl-d": "leave",
  "ctrl-z": "suspend",
  "ctrl-l": "redraw",
  f5: "redraw",
};
const TURNS: Readonly<Record<string, number>> = { tab: 1, right: 1, "shift-tab": -1, left: -1 };

const atPage = (view: ViewState, page: number): ViewState => ({ ...view, page, offset: 0, isHelp: false });

function scrolledBy(name: string, offset: number, { lines, rows }: Extent): number | null {
  // One line stays in view.
  const screenful = Math.max(rows - 1, 1);
  const targets: Readonly<Record<string, number>> = {
    down: offset + 1,
    j: offset + 1,
    up: offset - 1,
    k: offset - 1,
    pageDown: offset + screenful,
    " ": offset + screenful,
    pageUp: offset - screenful,
    b: offset - screenful,
    home: 0,
    g: 0,
    end: lines,
    G: lines,
  };
  return targets[name] ?? null;
}

/** The view with another period of its page; the same one where the page has none. */
function withPeriod(view: ViewState, name: string): ViewState {
  const current = view.periods[view.page] ?? null;
  const step = name === "<" ? -1 : name === ">" ? 1 : 0;
  const named = periods.findIndex(({ key }) => key === name);
  if (current === null || view.isHelp || (named < 0 && step === 0)) return view;
  const chosen = step === 0 ? named : Math.min(Math.max(current + step, 0), periods.length - 1);
  return chosen === current ? view : { ...view, periods: view.periods.with(view.page, chosen), offset: 0 };
}
