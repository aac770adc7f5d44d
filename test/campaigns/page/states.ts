// What the page shows when there is nothing, when the hub is away, and when the token ends.
import { join } from "node:path";
import { type Checks, until } from "../e2e/checks.ts";
import type { PageBrowser, Tab } from "./browser.ts";
import type { HubWorld } from "./world.ts";

const VIEW = { scheme: "light", width: 1_280 } as const;
/** What fails while the hub is away, and with a token that has ended. */
const EXPECTED = [/ERR_(?:CONNECTION|EMPTY|INCOMPLETE|NETWORK)/, /status (?:401|502)/, /Failed to load resource/];

/** Where states are shown, and the folder of the pictures; null for none. */
export interface Showing {
  readonly checks: Checks;
  readonly browser: PageBrowser;
  readonly pictures: string | null;
}

const picture = async (tab: Tab, pictures: string | null, name: string): Promise<void> => {
  if (pictures !== null) await tab.picture(join(pictures, `${name}.png`));
};

/** Waits until a text is visible; returns after how many milliseconds, or null after 15 s. */
async function visible(tab: Tab, text: RegExp): Promise<number | null> {
  const began = performance.now();
  const found = tab.page.getByText(text).filter({ visible: true });
  return await until(15_000, async () => ((await found.count()) > 0 ? performance.now() - began : null));
}

/** Ends the hub under an open page and starts it again. */
export async function checkOutage({ checks, browser, pictures }: Showing, world: HubWorld): Promise<void> {
  await using tab = await world.tab(browser, VIEW);
  await tab.goto("/");
  const shown = await tab.evaluate<string>("document.querySelector('main').textContent.slice(0, 200)");
  tab.expected.push(...EXPECTED);
  await world.stop();
  const away = await visible(tab, /does not answer/);
  checks.check(
    "the page says that the hub is away",
    away !== null,
    away === null ? "" : `after ${Math.round(away)} ms`,
  );
  const kept = await tab.evaluate<string>("document.querySelector('main').textContent.slice(0, 200)");
  checks.check("what it showed stays", kept.length > 50 && kept.slice(0, 20) === shown.slice(0, 20));
  const banner = "document.querySelector('.banner').textContent";
  const since = await tab.evaluate<string>(banner);
  await Bun.sleep(2_500);
  checks.same("the time since when it is away stays while it is tried again", await tab.evaluate(banner), since);
  await picture(tab, pictures, "state-offline");
  checks.same("what it shows then is accessible", await tab.inaccessible(), []);
  await world.start();
  const back = await visible(tab, /Connected again/);
  checks.check(
    "the page says that the hub is back",
    back !== null,
    back === null ? "" : `after ${Math.round(back)} ms`,
  );
  await picture(tab, pictures, "state-reconnected");
  await tab.settled();
  tab.expected.length = 0;
  tab.problems();
  await Bun.sleep(1_000);
  checks.same("nothing goes wrong afterwards", tab.problems(), []);
}

/** Revokes the token of an open page. */
export async function checkRevoked({ checks, browser, pictures }: Showing, world: HubWorld): Promise<void> {
  const known = await pageTokens(world);
  await using tab = await world.tab(browser, VIEW);
  await tab.goto("/");
  const own = (await pageTokens(world)).find(({ id }) => known.every((one) => one.id !== id));
  if (!checks.check("the token of a page is listed", own !== undefined, own?.name ?? "")) return;
  tab.expected.push(...EXPECTED);
  await world.home.run("token", "revoke", own?.id ?? "");
  const ended = await visible(tab, /Nobody is signed in/);
  checks.check("the page ends with its token", ended !== null, ended === null ? "" : `after ${Math.round(ended)} ms`);
  await picture(tab, pictures, "state-revoked");
  checks.same("what it shows then is accessible", await tab.inaccessible(), []);
  await tab.page.reload();
  checks.check("a reload does not sign in again", (await visible(tab, /Nobody is signed in/)) !== null);
}

async function pageTokens(world: HubWorld): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const listed = JSON.parse(await world.home.run("token", "list", "--json")) as unknown;
  const tokens = Array.isArray(listed) ? listed : (listed as { tokens: unknown[] }).tokens;
  return tokens as { id: string; name: string }[];
}

/** Uses a code twice, and one that nobody made. */
export async function checkCodes({ checks, browser, pictures }: Showing, world: HubWorld): Promise<void> {
  const address = await world.address();
  for (const [what, url, isIn] of [
    ["a code signs in", address, true],
    ["the same code signs in once only", address, false],
    ["a code that nobody made does not sign in", address.replace(/code=.*/, "code=AAAAAAAAAAAAAAAAAAAAAA"), false],
  ] as const) {
    await using tab = await browser.tab(world.url, VIEW);
    if (!isIn) tab.expected.push(...EXPECTED);
    await tab.page.goto(url);
    await tab.page.waitForSelector("main");
    const isSignedOut = (await tab.page.getByText("Nobody is signed in").count()) > 0;
    checks.same(what, !isSignedOut, isIn);
    checks.same("the code is not in the address any more", await tab.evaluate("location.hash"), "");
    checks.same("nothing else went wrong", tab.problems(), []);
    if (isIn) continue;
    checks.same("the page says why", await tab.page.getByText(/unknown, used or expired/).count(), 1);
    await picture(tab, pictures, "state-signed-out");
  }
}

/** Opens the page in a browser that refuses to keep anything, as with site data blocked. */
export async function checkStorage({ checks, browser }: Showing, world: HubWorld): Promise<void> {
  await using tab = await browser.tab(world.url, VIEW);
  await tab.page.addInitScript(`for (const name of ["sessionStorage", "localStorage"])
    Object.defineProperty(globalThis, name, { get() { throw new DOMException("denied", "SecurityError"); } });`);
  await tab.page.goto(await world.address());
  checks.check("a browser that keeps nothing shows the page", (await visible(tab, /^Today$/)) !== null);
  await tab.page.getByRole("button", { name: /^Colours/ }).click();
  checks.same("and changes its colours", await tab.evaluate("document.documentElement.dataset.theme"), "light");
  checks.same("nothing went wrong", tab.problems(), []);
}

/** Addresses that choose what there is not: each says so once, and leads on. */
export async function checkWrongAddresses({ checks, browser }: Showing, world: HubWorld): Promise<void> {
  await using tab = await world.tab(browser, VIEW);
  tab.expected.push(/status (?:400|404)/, /Failed to load resource/);
  for (const [address, says] of [
    ["/?machine=nobody", /there is no machine "nobody"/],
    ["/usage?person=nobody", /person/],
    ["/sessions?timezone=rubbish", /unknown time zone "rubbish"/],
    ["/nothing", /Nothing is at \/nothing/],
  ] as const) {
    await tab.page.goto(world.url + address);
    checks.check(`${address} says what is wrong`, (await visible(tab, says)) !== null);
    const count = await tab.evaluate<number>("document.querySelectorAll('main .card').length");
    checks.same("once", count, 1);
    await tab.page.locator("main a").click();
    await tab.settled();
    checks.check("and leads on", (await tab.evaluate<number>("document.querySelectorAll('.problem').length")) === 0);
  }
  for (const address of ["/usage?date=9999-12-31", "/sessions?day=2026-02-31", "/sessions?page=1e999"]) {
    await tab.goto(address);
    checks.same(`${address} shows a range`, await tab.evaluate("document.querySelectorAll('.problem').length"), 0);
  }
}
