import { describe, expect, test } from "bun:test";
import { type ContainerNode, h, options, render } from "preact";
import {
  gapAfter,
  outdateReports,
  type PageReport,
  refreshReports,
  useReport,
  useSettled,
} from "../../../src/dashboard/client/reports.ts";
import { browserTab, until } from "./browser.ts";

// Effects run as soon as something is drawn.
options.requestAnimationFrame = (run) => void setTimeout(run);

interface Question {
  readonly name: string;
  readonly params?: Readonly<Record<string, string | number>>;
  readonly isLive?: boolean;
}

/** A page that shows reports: `show` changes which, and `seen` are those that it has now. */
function pageOf() {
  const place = { nodeType: 1, childNodes: [], firstChild: null } as unknown as ContainerNode;
  const seen = new Map<string, PageReport>();
  const One = ({ name, params = {}, isLive = true }: Question): null => {
    seen.set(name, useSettled(useReport(name, { timezone: "UTC", ...params }, isLive)));
    return null;
  };
  const show = (...questions: readonly Question[]): void => {
    seen.clear();
    render(
      questions.map((one) => h(One, { key: one.name, ...one })),
      place,
    );
  };
  return { show, seen, [Symbol.dispose]: () => render(null, place) };
}

const answerOf = (value: unknown): Response => Response.json({ report: "r", json: value, notes: [], isEmpty: false });

describe("the reports of a page", () => {
  test("are asked once for several parts, and again after a commit while they are shown", async () => {
    let count = 0;
    await using tab = browserTab(() => answerOf(++count));
    using page = pageOf();
    page.show({ name: "one" }, { name: "two", params: { last: "7d" } });
    await until("both are there", () => [...page.seen.values()].every(({ data }) => data !== null));
    expect(tab.asked.toSorted()).toEqual([
      "/api/v1/reports/one?timezone=UTC",
      "/api/v1/reports/two?last=7d&timezone=UTC",
    ]);
    page.show({ name: "two", params: { last: "7d" } });
    await Bun.sleep(2);
    tab.pass(500);
    refreshReports();
    refreshReports();
    await until("it was answered again", () => page.seen.get("two")?.data?.json === 3);
    expect(tab.asked.slice(2)).toEqual(["/api/v1/reports/two?last=7d&timezone=UTC"]);
  });

  test("are followed too where they are shown again after many others", async () => {
    await using tab = browserTab((path) => answerOf(path));
    using page = pageOf();
    const first = Array.from({ length: 12 }, (_, at) => ({ name: `first-${at}` }));
    const loaded = (): boolean => page.seen.size > 0 && [...page.seen.values()].every(({ data }) => data !== null);
    page.show(...first);
    await until("the first page is there", loaded);
    for (const round of [1, 2]) {
      page.show(...Array.from({ length: 14 }, (_, at) => ({ name: `other-${round}-${at}` })));
      await until("another page is there", loaded);
    }
    page.show(...first);
    await until("the first page is there again", loaded);
    await Bun.sleep(5);
    tab.asked.length = 0;
    tab.pass(500);
    refreshReports();
    await until("all are asked again", () => tab.asked.length === 12);
  });

  test("that are asked once, as the choices of a filter, are asked again where they are shown again after a commit", async () => {
    let count = 0;
    await using tab = browserTab(() => answerOf(++count));
    using page = pageOf();
    const filter = { name: "choices", isLive: false };
    page.show(filter);
    await until("the choices are there", () => page.seen.get("choices")?.data?.json === 1);
    refreshReports();
    await Bun.sleep(2);
    expect(tab.asked).toHaveLength(1);
    page.show({ name: "something" });
    await until("something is there", () => page.seen.get("something")?.data !== null);
    tab.pass(500);
    outdateReports();
    page.show(filter);
    await until("the new choices are there", () => page.seen.get("choices")?.data?.json === 3);
  });

  test("keep the last answer and say what went wrong, until they are answered again", async () => {
    const answers = [
      () => answerOf("first"),
      () => Response.json({ error: { code: "bad_usage", message: "no such zone", hint: "use UTC" } }, { status: 400 }),
      () => answerOf("third"),
    ];
    await using tab = browserTab(() => answers.shift()?.() ?? answerOf("more"));
    using page = pageOf();
    page.show({ name: "failing" });
    const now = (): PageReport | undefined => page.seen.get("failing");
    await until("it is there", () => now()?.data?.json === "first");
    tab.pass(500);
    refreshReports();
    await until("it failed", () => now()?.problem !== null);
    expect([now()?.problem?.message, now()?.problem?.hint, now()?.data?.json]).toEqual([
      "no such zone",
      "use UTC",
      "first",
    ]);
    tab.pass(500);
    refreshReports();
    await until("it is answered again", () => now()?.data?.json === "third");
    expect(now()?.problem).toBe(null);
  });

  test("a hidden tab asks for nothing, and one that is shown for what it has not", async () => {
    await using tab = browserTab(() => answerOf(1));
    using page = pageOf();
    tab.document.show(false);
    page.show({ name: "hidden" });
    await Bun.sleep(5);
    refreshReports();
    await Bun.sleep(5);
    expect(tab.asked).toEqual([]);
    tab.document.show(true);
    refreshReports();
    await until("it is there", () => page.seen.get("hidden")?.data?.json === 1);
  });

  test("show the last answer until that of another page of them is there", async () => {
    const gate = Promise.withResolvers<void>();
    await using tab = browserTab(async (path) => {
      if (path.includes("offset")) await gate.promise;
      return answerOf(path);
    });
    using page = pageOf();
    page.show({ name: "list", params: { limit: 2 } });
    await until("the first page is there", () => page.seen.get("list")?.data !== null);
    page.show({ name: "list", params: { limit: 2, offset: 2 } });
    await Bun.sleep(5);
    expect(page.seen.get("list")?.question).toBe("list?limit=2&timezone=UTC");
    expect(tab.asked).toHaveLength(2);
    gate.resolve();
    await until("the second page is there", () => page.seen.get("list")?.question.includes("offset") === true);
  });
});

test("a slow report is asked less often, but not less than each minute", () => {
  expect([0, 20, 1_000, 9_000, 30_000, 8 * 3_600_000].map(gapAfter)).toEqual([400, 400, 6_000, 54_000, 60_000, 60_000]);
});
