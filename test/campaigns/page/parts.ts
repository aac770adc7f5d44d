// The parts of the campaign, in the order in which they run.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { recordedHomes } from "../../sources/homes.ts";
import { SourceHarness } from "../../sources/harness.ts";
import type { Checks } from "../e2e/checks.ts";
import { Home } from "../hub-bench/home.ts";
import type { PageBrowser, Tab, View } from "./browser.ts";
import { checkClaudeLive } from "./claude.ts";
import { checkForeignPages, checkPolicy } from "./hostile.ts";
import { checkAddress, checkKeys, checkTouch } from "./keys.ts";
import { checkGeneratedLive, Commits } from "./live.ts";
import { checkEvents, checkMemory } from "./load.ts";
import { lookAt } from "./look.ts";
import { checkFirstViews } from "./first-view.ts";
import { compareNumbers } from "./numbers.ts";
import { type PageEntry, pagesOf, anyPages } from "./pages.ts";
import { hostileNames, manyMachines, oneAssistant, twoMachines } from "./plans.ts";
import { checkCodes, checkOutage, checkRevoked, checkStorage, checkWrongAddresses } from "./states.ts";
import { HubWorld, LocalWorld } from "./world.ts";

/** What each part gets. */
export interface PartContext {
  readonly checks: Checks;
  readonly browser: PageBrowser;
  /** The built program, and a folder for homes. */
  readonly cli: string;
  readonly folder: string;
  readonly pictures: string | null;
  readonly seconds: number;
  readonly minutes: number;
}

/** A part of the campaign, which makes the hubs that it needs. */
interface Part {
  readonly name: string;
  readonly about: string;
  run(context: PartContext): Promise<void>;
}

const WIDE: View = { scheme: "light", width: 1_280 };
const NARROW: View = { scheme: "dark", width: 360 };

/** The main hub: two machines with generated usage, and one with recorded homes of all assistants, which it sends itself. */
async function mainHub({ cli, folder, checks }: PartContext): Promise<HubWorld> {
  const world = await HubWorld.open(new Home(cli, folder, `main-${crypto.randomUUID()}`), twoMachines(Date.now()));
  const machine = new Home(cli, folder, `recorded-${crypto.randomUUID()}`);
  using recorded = new SourceHarness([]);
  for (const home of recordedHomes) home.place(recorded);
  cpSync(recorded.home, machine.home, { recursive: true, preserveTimestamps: true });
  const { command } = JSON.parse(await world.home.run("invite", "recordings", "--local", "--json")) as {
    command: string;
  };
  await machine.run(...command.split(" ").slice(1));
  const { acknowledged } = JSON.parse(await machine.run("sync", "--json")) as { acknowledged: number };
  checks.check("a machine with recorded homes of all assistants sends its usage", acknowledged > 0, acknowledged);
  return world;
}

/** The id of the session that is looked at in detail. */
const SESSION = "laptop-now";

/** Checks that the numbers of a page are those of the command line. */
async function checkNumbers(
  checks: Checks,
  tab: Tab,
  { name, path }: PageEntry,
  world: Pick<HubWorld, "answer">,
): Promise<void> {
  await tab.goto(path);
  const { numbers, rows, questions, differences } = await compareNumbers(tab, (...asked) => world.answer(...asked));
  const isSame = differences.length === 0 && numbers + rows > 0;
  const figure = `${numbers} numbers, ${rows} rows, ${questions} questions`;
  const shown = isSame ? figure : [figure, ...differences.slice(0, 8)].join("\n     ");
  checks.check(`all numbers of ${name} are those of the command line`, isSame, shown);
}

async function lookAtMain(context: PartContext): Promise<void> {
  const { browser, checks } = context;
  await using world = await mainHub(context);
  const pages = pagesOf(SESSION);
  await lookAt({ ...context, tab: (view) => world.tab(browser, view) }, "hub", pages);
  const machines = pages.filter(({ path }) => path.startsWith("/machines"));
  await lookAt({ ...context, tab: (view) => world.tab(browser, view, "admin") }, "admin", machines, [WIDE, NARROW]);
  await using tab = await world.tab(browser, WIDE);
  for (const page of pages) await checkNumbers(checks, tab, page, world);
  await checkKeys(checks, tab, pages);
  await checkTouch(checks, tab);
  await checkAddress(checks, tab, [
    "/usage?by=machine",
    "/machines",
    "/sessions?match=pawprint",
    "/usage?timezone=Asia%2FKolkata",
  ]);
}

async function watchLive(context: PartContext): Promise<void> {
  const { browser, checks, cli } = context;
  await using world = await HubWorld.open(new Home(cli, context.folder, "live"), twoMachines(Date.now()));
  await using tab = await world.tab(browser, WIDE);
  await tab.goto("/");
  await using commits = await Commits.open(world.url, await world.token("live", "read"));
  await checkGeneratedLive(checks, tab, world, commits);
  await checkClaudeLive(checks, tab, world, cli);
  checks.same("nothing went wrong", tab.problems(), []);
}

async function showStates(context: PartContext): Promise<void> {
  const { browser, cli, folder } = context;
  const bare = anyPages();
  {
    await using empty = await HubWorld.open(new Home(cli, folder, "empty"), []);
    await lookAt({ ...context, tab: (view) => empty.tab(browser, view) }, "empty", bare, [WIDE, NARROW]);
  }
  {
    await using one = await HubWorld.open(new Home(cli, folder, "one"), oneAssistant(Date.now()));
    await lookAt({ ...context, tab: (view) => one.tab(browser, view) }, "one-assistant", bare, [WIDE, NARROW]);
  }
  {
    await using names = await HubWorld.open(new Home(cli, folder, "names"), hostileNames(Date.now()));
    const hostile = anyPages("<b>session</b>-now");
    await lookAt({ ...context, tab: (view) => names.tab(browser, view) }, "hostile", hostile, [WIDE, NARROW]);
    await using tab = await names.tab(browser, WIDE);
    for (const { path } of hostile) {
      await tab.goto(path);
      const title = await tab.evaluate<string>("document.title");
      context.checks.check(`no hostile name runs on ${path}`, !title.includes("harmed"), title);
      context.checks.same("and none controls how text is shown", await tab.unsafeCharacters(), []);
    }
  }
  await using world = await HubWorld.open(new Home(cli, folder, "states"), twoMachines(Date.now()));
  const kolkata = (view: View): View => ({ ...view, timezone: "Asia/Kolkata" });
  await lookAt({ ...context, tab: (view) => world.tab(browser, kolkata(view)) }, "kolkata", bare, [WIDE, NARROW]);
  await using tab = await world.tab(browser, kolkata(WIDE));
  for (const page of bare.slice(0, 2)) await checkNumbers(context.checks, tab, page, world);
  await checkCodes(context, world);
  await checkStorage(context, world);
  await checkWrongAddresses(context, world);
  await checkRevoked(context, world);
  await checkOutage(context, world);
}

async function lookAtYear(context: PartContext): Promise<void> {
  const { browser, checks, cli, folder } = context;
  const home = new Home(cli, folder, "year");
  const began = performance.now();
  const fill = [process.execPath, join(import.meta.dir, "year.ts"), home.home];
  if ((await Bun.spawn(fill, { stdio: ["ignore", "inherit", "inherit"] }).exited) !== 0)
    throw new Error("the hub of a year cannot be made");
  checks.note(`50 machines x 365 days, made in ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  await using world = await HubWorld.open(home, []);
  const pages = anyPages("machine-01-now");
  await checkFirstViews(checks, browser, world, pages);
  await lookAt({ ...context, tab: (view) => world.tab(browser, view) }, "year", pages, [WIDE, NARROW]);
}

async function load(context: PartContext): Promise<void> {
  const { browser, checks, cli, folder, minutes, seconds } = context;
  await using world = await HubWorld.open(new Home(cli, folder, "load"), manyMachines(Date.now(), 50, 8));
  await checkEvents(checks, browser, world, seconds);
  if (minutes > 0) await checkMemory(checks, browser, world, minutes);
  else checks.note("left out: the memory of browser and hub over minutes (--minutes)");
}

async function attack(context: PartContext): Promise<void> {
  const { browser, checks, cli, folder } = context;
  await using world = await HubWorld.open(new Home(cli, folder, "hostile"), oneAssistant(Date.now()));
  await checkForeignPages(checks, browser, world);
  await checkPolicy(checks, browser, world);
}

/** The page of the ledger of one machine, as `pawprint open` serves it. */
async function lookAtOwn(context: PartContext): Promise<void> {
  const { browser, checks, cli, folder } = context;
  for (const [name, isEmpty] of [
    ["own", false],
    ["own-empty", true],
  ] as const) {
    const home = new Home(cli, folder, name);
    if (!isEmpty) {
      using recorded = new SourceHarness([]);
      for (const one of recordedHomes) one.place(recorded);
      cpSync(recorded.home, home.home, { recursive: true, preserveTimestamps: true });
    }
    await using world = new LocalWorld(home);
    const pages = anyPages();
    await lookAt({ ...context, tab: (view) => world.tab(browser, view) }, name, pages, [WIDE, NARROW]);
    if (isEmpty) continue;
    // What was read while the page was open is on it too.
    await home.run("scan", "--wait");
    await using tab = await world.tab(browser, WIDE);
    for (const page of pages) await checkNumbers(checks, tab, page, world);
  }
}

/** All parts. */
export const parts: readonly Part[] = [
  { name: "pages", about: "every page of a hub with recorded and generated usage", run: lookAtMain },
  { name: "live", about: "responses as they are committed", run: watchLive },
  {
    name: "states",
    about: "states: empty, one assistant, hostile names, half hours, codes, tokens, a hub that goes away",
    run: showStates,
  },
  { name: "own", about: "the page of one machine's own ledger", run: lookAtOwn },
  { name: "attack", about: "hostile pages, and what is injected into the hub's own", run: attack },
  { name: "load", about: "50 events a second, and many sessions", run: load },
  { name: "year", about: "a hub with a year of 50 machines", run: lookAtYear },
];
