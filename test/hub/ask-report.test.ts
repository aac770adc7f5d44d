import { afterAll, describe, expect, test } from "bun:test";
import { askReport } from "../../src/cli/ask-report.ts";
import { resultLines } from "../../src/cli/report-command.ts";
import { csvOf } from "../../src/render/csv.ts";
import { daily } from "../../src/reports/daily.ts";
import { type ReportData, resultOf } from "../../src/reports/shared/data/data.ts";
import { printable, styleOf } from "../../src/utils/terminal.ts";

/** What the hub answers next, and what it was asked last. */
let reply: () => Response | Promise<Response> = () => new Response();
let received = { url: "", token: "" };
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request) {
    received = { url: request.url, token: request.headers.get("authorization") ?? "" };
    return reply();
  },
});
afterAll(() => server.stop(true));

const hub = { url: `http://127.0.0.1:${server.port}`, token: "pawt_x", pin: null };
const ask = () => askReport(hub, daily, { last: "7d", breakdown: true, json: true, hub: true }, "Europe/Berlin", null);
const answers = (body: unknown): Promise<ReportData> => {
  reply = () => Response.json(body);
  return ask();
};

/** A report as a hub sends it. */
const good: ReportData = {
  report: "daily",
  timezone: "UTC",
  columns: [
    { name: "Date", kind: "date", priority: 9, shorten: false, isHidden: false, field: "date" },
    { name: "Last", kind: "time", priority: 9, shorten: false, isHidden: false },
    { name: "Cost", kind: "money", priority: 8, shorten: false, isHidden: false, total: 1_500_000 },
  ],
  rows: [
    ["2026-11-20", 0, 1_500_000],
    ["  opus", null, 1_500_000],
  ],
  parts: [1],
  bars: { priority: 1, values: [2, null] },
  isEmpty: false,
  empty: "No usage.",
  notes: ["A note."],
  showing: null,
  order: "asc",
  maxRows: null,
  json: { daily: [] },
  lines: null,
};

describe("a report that a hub is asked for", () => {
  test("is asked for with the options of the report, the zone of this machine and the token in a header", async () => {
    await answers(good);
    const { pathname, searchParams } = new URL(received.url);
    expect(pathname).toBe("/api/v1/reports/daily");
    expect(Object.fromEntries(searchParams)).toEqual({ timezone: "Europe/Berlin", last: "7d", breakdown: "true" });
    expect(received.token).toBe("Bearer pawt_x");
  });

  test("is printed from its cells, with the zone of this machine", async () => {
    const result = resultOf(await answers(good));
    expect(csvOf(result)).toBe(
      "Date,Last (UTC),Cost (USD)\r\n2026-11-20,1970-01-01T00:00:00.000Z,1.5\r\n  opus,,1.5\r\n",
    );
    const plain = styleOf({ theme: "plain", glyphs: "unicode", colour: false, links: false });
    const lines = resultLines(result, plain, 60);
    expect(lines[1]).toStartWith("2026-11-20  1970-01-01 01:00  $1.50");
    expect(lines.slice(-2)).toEqual([expect.stringMatching(/^Total +\$1\.50$/), "A note."]);
  });

  test("never brings an escape sequence of the hub to the terminal, in whatever text it hides", async () => {
    const evil = "\u001b]0;owned\u0007\u001b[2J\u202eno\u001b[31m";
    const [column] = good.columns;
    const data = {
      ...good,
      columns: [{ ...column, name: evil, kind: "hologram" }],
      rows: [[evil], [evil]],
      notes: [evil],
      showing: evil,
      empty: evil,
      json: { text: evil },
    };
    const coloured = styleOf({ theme: "classic", glyphs: "unicode", colour: true, links: false });
    const table = resultOf(await answers(data));
    const drawn = resultOf(await answers({ ...data, lines: [[evil, ["alarm", evil], ["sparkling", evil]]] }));
    const empty = resultOf(await answers({ ...data, rows: [] }));
    for (const result of [table, drawn, empty]) {
      const text = resultLines(result, coloured, 80).join("\n");
      expect(text).toContain("no");
      expect(text).toBe(printable(text, { colour: true }));
      expect(text).not.toContain("owned");
    }
    expect(resultLines(drawn, coloured, 80)[0]).toBe("no\u001b[1;31mno\u001b[0mno");
  });

  test.each([
    ["no report", { hello: 1 }],
    ["a cell that is an object", { ...good, rows: [[{}]] }],
    ["a time that no date can be", { ...good, rows: [["2026-11-20", 1e300, 1]] }],
    ["a number of rows that is negative", { ...good, maxRows: -1 }],
    ["a list as JSON", { ...good, json: [1] }],
  ])("is refused where the answer is %s", async (_, body) => {
    await expect(answers(body)).rejects.toMatchObject({ code: "answer_unusable" });
  });

  test.each([
    [401, { error: { code: "unauthorized", message: "the token is unknown", hint: "log in" } }, "unauthorized"],
    [403, { error: { code: "forbidden", message: "this needs the scope read", hint: "" } }, "forbidden"],
    [500, { error: { code: "toString", message: "?", hint: "" } }, "hub_away"],
    [404, "<html>", "answer_unusable"],
  ])("fails with the code of the hub, or says that there is none: %d", async (status, body, code) => {
    reply = () => Response.json(body, { status });
    await expect(ask()).rejects.toMatchObject({ code });
  });

  test("follows no redirect, reads no endless answer, and says so where nobody answers", async () => {
    let isFollowed = false;
    reply = () => {
      isFollowed = received.url.endsWith("/elsewhere");
      return Response.redirect(`${hub.url}/elsewhere`);
    };
    await expect(ask()).rejects.toMatchObject({ code: "hub_untrusted" });
    expect(isFollowed).toBe(false);
    const part = new Uint8Array(8 * 1_048_576);
    reply = () => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(part) }));
    await expect(ask()).rejects.toMatchObject({ code: "answer_unusable" });
    await expect(askReport({ ...hub, url: "http://127.0.0.1:1" }, daily, {}, "UTC", null)).rejects.toMatchObject({
      code: "hub_away",
    });
  });
});
