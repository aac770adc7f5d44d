// Looks at every page in every view: errors, requests elsewhere, accessibility, width, pictures.
import { join } from "node:path";
import type { Checks } from "../e2e/checks.ts";
import { type PageBrowser, type Tab, type View, views } from "./browser.ts";
import type { PageEntry } from "./pages.ts";

/** Where pages are looked at. */
export interface Looking {
  readonly checks: Checks;
  readonly browser: PageBrowser;
  /** Opens a tab that is signed in. */
  readonly tab: (view: View) => Promise<Tab>;
  /** The folder of the pictures; null for none. */
  readonly pictures: string | null;
}

/** Looks at pages in some views, by default all. `about` names what is shown, for checks and pictures. */
export async function lookAt(
  { checks, tab: open, pictures }: Looking,
  about: string,
  pages: readonly PageEntry[],
  inViews: readonly View[] = views,
): Promise<void> {
  for (const view of inViews) {
    await using tab = await open(view);
    for (const page of pages) {
      const name = `${about}-${page.name}-${view.scheme}-${view.width}`;
      const wrong = await wrongOn(tab, page);
      if (pictures !== null) await tab.picture(join(pictures, `${name}.png`));
      checks.check(`${name} has nothing wrong`, wrong.length === 0, wrong.length === 0 ? "" : wrong.join("\n     "));
    }
  }
}

/** All that is wrong with a page in a tab. */
async function wrongOn(tab: Tab, page: PageEntry): Promise<string[]> {
  try {
    await tab.goto(page.path);
  } catch (error) {
    return [`it does not load: ${String(error).split("\n")[0]}`, ...tab.problems()];
  }
  const wrong: string[] = [];
  for (const text of page.shows) {
    const found = tab.page.getByText(text).filter({ visible: true });
    if ((await found.count()) === 0) wrong.push(`it does not show "${text}"`);
  }
  const heads = await tab.evaluate<number>("document.querySelectorAll('h1').length");
  if (heads !== 1) wrong.push(`it has ${heads} first headings`);
  const overflow = await tab.overflow();
  if (overflow > 0) wrong.push(`it is ${overflow} px wider than its window`);
  wrong.push(...(await tab.inaccessible()), ...tab.problems());
  return wrong;
}
