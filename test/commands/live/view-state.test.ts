import { describe, expect, test } from "bun:test";
import { KeyParser } from "../../../src/commands/live/KeyParser.ts";
import { pages } from "../../../src/commands/live/pages.ts";
import { firstView, KEY_HELP, offsetIn, pressed, type ViewState } from "../../../src/commands/live/view-state.ts";

const LONG = { lines: 100, rows: 20 };

/** The view after some keys, as a terminal sends them. */
function after(sent: string, view: ViewState = firstView, extent = LONG): ViewState {
  const parser = new KeyParser();
  const keys = [...parser.push(new TextEncoder().encode(sent)), ...parser.flush()];
  return keys.reduce((now, key) => {
    const next = pressed(now, key, extent);
    if (typeof next === "string") throw new Error(`${key.name} asks to ${next}`);
    return next;
  }, view);
}

const request = (sent: string): unknown =>
  pressed(
    firstView,
    new KeyParser().push(new TextEncoder().encode(sent))[0] ?? { name: "", ctrl: false, alt: false, shift: false },
    LONG,
  );

describe("the keys of live", () => {
  test("digits, Tab and the arrows choose a page, which begins at its first line", () => {
    expect(after("3").page).toBe(2);
    expect(after("3jj\t")).toMatchObject({ page: 3, offset: 0 });
    expect(after("\x1b[D").page).toBe(pages.length - 1);
    expect(after("\x1b[Z\x1b[C").page).toBe(0);
  });

  test("PageDown, Home, F5 and Ctrl-arrows are not taken for the letters and digits in their sequences", () => {
    expect(after("\x1b[6~").page).toBe(0);
    expect(after("\x1b[1;5C").page).toBe(0);
    expect(after("\x1b[1~")).toEqual(firstView);
    expect(request("\x1b[15~")).toBe("redraw");
  });

  test("scrolling stays within the lines of the page", () => {
    expect(after("jj").offset).toBe(2);
    expect(after("jjk").offset).toBe(1);
    expect(after("k").offset).toBe(0);
    expect(after("\x1b[6~").offset).toBe(19);
    expect(after("G").offset).toBe(80);
    expect(after("G\x1b[6~").offset).toBe(80);
    expect(after("G\x1b[5~").offset).toBe(61);
    expect(after("Gg").offset).toBe(0);
    expect(after("jj", firstView, { lines: 5, rows: 20 }).offset).toBe(0);
    expect(offsetIn(80, { lines: 30, rows: 20 })).toBe(10);
  });

  test("the keys of periods change the period of the page, and only of a page that has one", () => {
    expect(after("6m").periods[5]).toBe(2);
    expect(after("6<<<").periods[5]).toBe(0);
    expect(after("6>>>>").periods[5]).toBe(3);
    expect(after("6m1").periods[0]).toBe(firstView.periods[0] ?? null);
    expect(after("2m").periods).toEqual(firstView.periods);
  });

  test("Esc closes the help, and otherwise returns to the first page", () => {
    expect(after("5?")).toMatchObject({ page: 4, isHelp: true });
    expect(after("5?\x1b")).toMatchObject({ page: 4, isHelp: false });
    expect(after("5\x1b").page).toBe(0);
    expect(after("h?").isHelp).toBe(false);
  });

  test("q, Ctrl-C and Ctrl-Z ask to leave and to stop; other letters, and letters with Alt, do nothing", () => {
    expect(["q", "\x03", "\x04", "\x1a", "\x0c"].map(request)).toEqual([
      "leave",
      "leave",
      "leave",
      "suspend",
      "redraw",
    ]);
    expect(after("xyzQ\x1bq\x1b3")).toEqual(firstView);
  });

  test("the help names every key of a period and the last page", () => {
    const keys = KEY_HELP.map(([names]) => names).join(" ");
    for (const key of ["t", "w", "m", "a", "Esc", `1-${pages.length}`]) expect(keys).toContain(key);
  });
});
