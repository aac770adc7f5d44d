// The page under load: many events a second, and many sessions, with the memory of browser and hub.
import { join } from "node:path";
import type { Checks } from "../e2e/checks.ts";
import { mib } from "../hub-bench/home.ts";
import type { LoadPlan, LoadResult } from "../hub-bench/load.ts";
import type { PageBrowser, Tab } from "./browser.ts";
import { plainPlan, sessionOf, type SourceWork } from "./generated.ts";
import { Sender } from "./hub-file.ts";
import type { HubWorld } from "./world.ts";

const VIEW = { scheme: "light", width: 1_280 } as const;
/** A task of the browser that takes longer delays what the user does, milliseconds. */
const LONG_TASK_MS = 50;
/** Events a second, one of each machine. */
const EVENTS = 50;
const SESSIONS_PER_HOUR = 1_000;
const MINUTE_MS = 60_000;
/** Minutes until caches are warm, and by how much memory may be larger at the end, MiB. */
const [WARM_MINUTES, BROWSER_GROWTH, HUB_GROWTH] = [2, 4, 12];

/** 50 events a second into the hub while a page is open: no long task. The hub has at least 50 machines. */
export async function checkEvents(
  checks: Checks,
  browser: PageBrowser,
  world: HubWorld,
  seconds: number,
): Promise<void> {
  const reader = await world.token("load", "read");
  await using tab = await world.tab(browser, VIEW);
  await tab.goto("/");
  await Bun.sleep(2_000);
  await checkControl(checks, tab);
  await tab.startTrace();
  const machines = world.machines.slice(0, EVENTS);
  const plan: LoadPlan = {
    url: world.url,
    machines,
    reader,
    rate: EVENTS / machines.length,
    warmUpSeconds: 1,
    seconds,
  };
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../hub-bench/load.ts")], {
    stdin: Buffer.from(JSON.stringify(plan)),
    stdout: "pipe",
  });
  const asked = await requestsWithin(tab, child.exited);
  const { observed, acknowledged, stops } = JSON.parse(await child.stdout.text()) as LoadResult;
  checks.check(
    "the hub takes all events",
    acknowledged === observed && stops.length === 0,
    `${acknowledged} of ${observed}${stops.join("; ")}`,
  );
  const tasks = await tab.stopTrace();
  const longest = Math.max(...tasks.map(({ cpuMs }) => cpuMs));
  checks.check(
    `no task of the page takes more than ${LONG_TASK_MS} ms at ${EVENTS} events a second`,
    tasks.length > 0 && longest <= LONG_TASK_MS,
    `${tasks.length} tasks, the longest ${longest.toFixed(1)} ms of the processor`,
  );
  const [slowest] = tasks.toSorted((a, b) => b.ms - a.ms);
  // A computer with more to do than it has cores interrupts tasks.
  const slow = tasks.filter(({ ms }) => ms > LONG_TASK_MS);
  checks.note(
    `by the clock ${slow.length} took longer; the longest ${slowest?.ms.toFixed(0)} ms, of which ${slowest?.cpuMs.toFixed(1)} of the processor`,
  );
  checks.check("the page asks while events come", asked > 0, `${(asked / seconds).toFixed(1)} a second`);
  checks.same("nothing went wrong", tab.problems(), []);
}

/** A task that is made long is noted: else nothing would show that long ones can be seen. */
async function checkControl(checks: Checks, tab: Tab): Promise<void> {
  await tab.startTrace();
  await tab.evaluate(`new Promise((done) => setTimeout(() => {
    for (const end = performance.now() + ${4 * LONG_TASK_MS}; performance.now() < end; );
    setTimeout(done);
  }))`);
  const longest = Math.max(...(await tab.stopTrace()).map(({ ms }) => ms));
  checks.check("a task that is made long is seen", longest > 3 * LONG_TASK_MS, `${longest.toFixed(0)} ms`);
}

/** Number of requests that a page sends until something ends. */
async function requestsWithin(tab: Tab, ended: Promise<unknown>): Promise<number> {
  let count = 0;
  const counted = (): void => void count++;
  tab.page.on("request", counted);
  await ended;
  tab.page.off("request", counted);
  return count;
}

/** Memory of the page after a garbage collection: MiB of objects, and numbers of nodes and listeners. */
async function memoryOf(
  tab: Tab,
): Promise<{ readonly mib: number; readonly nodes: number; readonly listeners: number }> {
  for (let round = 0; round < 2; round++) await tab.cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await tab.cdp.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners } = await tab.cdp.send("Memory.getDOMCounters");
  return { mib: usedSize / 1_048_576, nodes, listeners: jsEventListeners };
}

/** 1,000 sessions an hour for some minutes: the memory of browser and hub does not grow. */
export async function checkMemory(
  checks: Checks,
  browser: PageBrowser,
  world: HubWorld,
  minutes: number,
): Promise<void> {
  await using tab = await world.tab(browser, VIEW);
  await tab.goto("/");
  const senders = await Promise.all(world.machines.map((machine) => Sender.open(world.url, machine)));
  const sizes: { readonly page: number; readonly nodes: number; readonly hub: number }[] = [];
  const began = performance.now();
  const measure = async (): Promise<void> => {
    const { mib: page, nodes, listeners } = await memoryOf(tab);
    sizes.push({ page, nodes, hub: mib(world.pid, "VmRSS") });
    const { hub } = sizes.at(-1) ?? { hub: NaN };
    checks.note(
      `minute ${sizes.length}: page ${page.toFixed(1)} MiB, ${nodes} nodes, ${listeners} listeners; hub ${hub.toFixed(1)} MiB`,
    );
  };
  for (let sent = 0; sizes.length < minutes; sent++) {
    const sender = senders[sent % senders.length];
    await sender?.send(shortSession(sent));
    const due = began + ((sent + 1) * 3_600_000) / SESSIONS_PER_HOUR;
    await Bun.sleep(Math.max(0, due - performance.now()));
    if (performance.now() - began >= (sizes.length + 1) * MINUTE_MS) await measure();
  }
  const warm = sizes.slice(0, Math.min(WARM_MINUTES, minutes - 1));
  const growth = (of: (size: (typeof sizes)[number]) => number): number =>
    of(sizes.at(-1) as (typeof sizes)[number]) - Math.max(...warm.map(of));
  const [page, nodes, hub] = [growth((one) => one.page), growth((one) => one.nodes), growth((one) => one.hub)];
  checks.check(
    `the page's memory does not grow in ${minutes} minutes`,
    page <= BROWSER_GROWTH,
    `${page.toFixed(1)} MiB`,
  );
  checks.check("nor its number of nodes", nodes <= 500, nodes);
  checks.check("nor the hub's memory", hub <= HUB_GROWTH, `${hub.toFixed(1)} MiB`);
  checks.same("nothing went wrong", tab.problems(), []);
}

/** A short session that ends about now. */
function shortSession(number: number): SourceWork {
  const until = Date.now();
  const plan = { ...plainPlan, seed: number, from: until - 3_600_000, until };
  return sessionOf(plan, `load-${number}`, until - 600_000, 4);
}
