// How long a page takes from the navigation until it shows all of its numbers.
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import type { Checks } from "../e2e/checks.ts";
import { cpuOf } from "../hub-bench/home.ts";
import type { PageBrowser } from "./browser.ts";
import type { PageEntry } from "./pages.ts";
import type { HubWorld } from "./world.ts";

/** Longest time until a page shows its numbers, milliseconds, and how often it is loaded. */
const [FIRST_VIEW_MS, ROUNDS] = [1_000, 3];

/** Notes in a page when it first shows numbers and nothing that loads, milliseconds since its navigation began. */
const WATCH = `(() => {
  globalThis.firstView = 0;
  const look = () => {
    if (globalThis.firstView !== 0 || !document.querySelector('main [data-report]')) return;
    if (!document.querySelector('[aria-label=Loading]')) globalThis.firstView = performance.now();
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
})()`;

/** The request of a page that took longest. */
const SLOWEST = `performance.getEntriesByType('resource').toSorted((a, b) => b.duration - a.duration).slice(0, 1)
  .map((one) => Math.round(one.duration) + ' ms ' + one.name.split('/').at(-1).slice(0, 60)).join(', ')`;

/** CPU time of a hub and of the processes that it started, milliseconds. */
function cpuMs(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ").filter(Boolean);
  return [pid, ...children.map(Number)].reduce((sum, one) => sum + cpuOf(one) * 1_000, 0);
}

/** Loads pages of a hub. On a computer that has more to do than it has cores, the time of the hub's processor counts. */
export async function checkFirstViews(
  checks: Checks,
  browser: PageBrowser,
  world: HubWorld,
  pages: readonly PageEntry[],
): Promise<void> {
  await using tab = await world.tab(browser, { scheme: "light", width: 1_280 });
  await tab.page.addInitScript(WATCH);
  for (const { name, path } of pages) {
    const rounds: { readonly ms: number; readonly cpu: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const before = cpuMs(world.pid);
      await tab.goto(path);
      const ms = await tab.evaluate<number>("globalThis.firstView");
      rounds.push({ ms: ms === 0 ? Infinity : ms, cpu: cpuMs(world.pid) - before });
    }
    const isBusy = (loadavg()[0] ?? 0) > cpus().length;
    const slowest = Math.max(...rounds.map(({ ms, cpu }) => (isBusy && ms < Infinity ? cpu : ms)));
    checks.check(
      `${name} shows its numbers in less than ${FIRST_VIEW_MS} ms${isBusy ? " of the hub's processor" : ""}`,
      slowest < FIRST_VIEW_MS,
      `${rounds.map(({ ms, cpu }) => `${ms.toFixed(0)} ms, processor ${cpu.toFixed(0)}`).join("; ")}; ${await tab.evaluate<string>(SLOWEST)}`,
    );
  }
}
