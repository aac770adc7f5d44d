// The keyboard, and the state that the address keeps.
import type { Checks } from "../e2e/checks.ts";
import type { Tab } from "./browser.ts";
import type { PageEntry } from "./pages.ts";

/** What has the focus: its element and name. */
const FOCUS = `(() => { const one = document.activeElement; return one.tagName + ' ' + (one.dataset.row ?? one.getAttribute('aria-label') ?? ''); })()`;
const ROW = "[...document.querySelectorAll('[data-row]')].indexOf(document.activeElement)";
/** The title of a page, and the questions that its numbers answer. */
const CONTENT = `document.title + ': ' + [...new Set([...document.querySelectorAll('[data-report]')].map((one) => one.dataset.report))].toSorted().join(' ')`;
const HERE = "location.pathname + location.search";

/** Tries all keys, beginning at the first page. */
export async function checkKeys(checks: Checks, tab: Tab, pages: readonly PageEntry[]): Promise<void> {
  const { keyboard } = tab.page;
  await tab.goto("/");
  for (const { key, path } of pages) {
    if (key === null) continue;
    await keyboard.press("g");
    await keyboard.press(key);
    await tab.settled();
    checks.same(`g ${key} goes to ${path}`, await tab.evaluate("location.pathname"), path);
  }
  for (const { path, hasSearch } of pages.filter((one) => one.hasSearch)) {
    await tab.goto(path);
    await keyboard.press("/");
    checks.check(
      `/ moves to the search of ${path}`,
      hasSearch && (await tab.evaluate<string>(FOCUS)).startsWith("INPUT"),
    );
    await keyboard.press("Escape");
  }
  for (const { opens, path } of pages) {
    if (opens === null) continue;
    await tab.goto(path);
    const places: number[] = [];
    for (const key of ["j", "j", "j", "k"]) {
      await keyboard.press(key);
      places.push(await tab.evaluate<number>(ROW));
    }
    checks.same(`j and k move over the rows of ${path}`, places, [0, 1, 2, 1]);
    await keyboard.press("Enter");
    await tab.settled();
    const opened = await tab.evaluate<string>(HERE);
    checks.check(`Enter opens the row of ${path}`, opened.startsWith(opens), opened);
  }
  await tab.goto("/");
  const list = tab.page.getByRole("dialog");
  await keyboard.press("?");
  const isIn = (state: "visible" | "hidden"): Promise<boolean> =>
    list.waitFor({ state, timeout: 2_000 }).then(
      () => true,
      () => false,
    );
  checks.check("? shows the list of keys", await isIn("visible"));
  await keyboard.press("?");
  checks.check("? hides it again", await isIn("hidden"));
  await tab.goto("/");
  await keyboard.press("Tab");
  checks.check("Tab reaches the link over the head first", (await tab.evaluate<string>(FOCUS)).startsWith("A "));
  const steps = await tab.evaluate<number>("history.length");
  await keyboard.press("Enter");
  checks.same("which leads to the content", await tab.evaluate("document.activeElement.tagName"), "MAIN");
  checks.same("without a step back", await tab.evaluate("history.length"), steps);
  checks.same("nothing went wrong", tab.problems(), []);
}

/** Touches a bar twice: the first touch shows its numbers, the second one opens it. */
export async function checkTouch(checks: Checks, tab: Tab): Promise<void> {
  await tab.goto("/usage?period=year");
  const box = await tab.page.getByRole("slider").first().boundingBox();
  const month = new Date().getUTCMonth() + 0.5;
  const point = { x: (box?.x ?? 0) + 52 + (((box?.width ?? 0) - 58) / 12) * month, y: (box?.y ?? 0) + 100 };
  const found: string[] = [];
  for (let touch = 0; touch < 2; touch++) {
    await tab.cdp.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [point] });
    await tab.cdp.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await Bun.sleep(500);
    found.push(await tab.evaluate<string>("new URLSearchParams(location.search).get('period')"));
    if (touch === 0) checks.check("a touch shows the numbers of a bar", await tab.page.locator(".tip").isVisible());
  }
  checks.same("and a second one opens it", found, ["year", "month"]);
}

/** Goes through addresses with a state, back, forward, and reloads. */
export async function checkAddress(checks: Checks, tab: Tab, paths: readonly string[]): Promise<void> {
  const contentOf = async (): Promise<string> => {
    await tab.settled();
    return await tab.evaluate<string>(CONTENT);
  };
  const contents: string[] = [];
  await tab.goto("/");
  for (const path of paths) {
    // As a link of the page does it: without loading anything.
    await tab.evaluate(
      `(() => { const link = document.createElement('a'); link.href = ${JSON.stringify(path)}; document.body.append(link); link.click(); link.remove(); })()`,
    );
    contents.push(await contentOf());
    checks.same(`the address is ${path}`, await tab.evaluate(HERE), path);
    await tab.page.reload();
    checkContent(checks, `a reload of ${path} shows the same`, await contentOf(), contents.at(-1));
  }
  for (const [at, path] of [...paths.entries()].toReversed().slice(1)) {
    await tab.page.goBack();
    checkContent(checks, `back leads to what ${path} showed`, await contentOf(), contents[at]);
    checks.same("and to its address", await tab.evaluate(HERE), path);
  }
  await tab.page.goForward();
  checkContent(checks, "forward leads on", await contentOf(), contents[1]);
  checks.same("nothing went wrong", tab.problems(), []);
}

/** Checks that a page shows what it showed before; prints the questions only if it does not. */
function checkContent(checks: Checks, what: string, found: string, expected: string | undefined): void {
  checks.check(
    what,
    found === expected,
    found === expected ? `${found.split(" ").length - 3} questions` : { found, expected },
  );
}
