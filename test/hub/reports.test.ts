import { afterAll, describe, expect, test } from "bun:test";
import { askReport } from "../../src/cli/ask-report.ts";
import { resultLines } from "../../src/cli/report-command.ts";
import { hubPlace } from "../../src/hub/reader/place.ts";
import { csvOf } from "../../src/render/csv.ts";
import { resultOf } from "../../src/reports/shared/data/data.ts";
import { daily } from "../../src/reports/daily.ts";
import { reports } from "../../src/reports/registry.ts";
import type { Report } from "../../src/reports/contract.ts";
import type { ReportOptions } from "../../src/reports/shared/options.ts";
import type { ReportResult } from "../../src/reports/shared/report.ts";
import { type ReportPlace, runWithOptions } from "../../src/reports/shared/run.ts";
import { PriceTable } from "../../src/model/price.ts";
import { jsonText, styleOf } from "../../src/utils/terminal.ts";
import { recordedHomes } from "../sources/homes.ts";
import { SourceHarness } from "../sources/harness.ts";
import { NOW, severalLedger, ZONE } from "../reports/sample.ts";
import { filledHub } from "./filled-hub.ts";

const zone = { zone: ZONE, problem: null };
const plain = styleOf({ theme: "plain", glyphs: "unicode", colour: false, links: false });
const drawing = { width: 80, glyphs: "unicode" } as const;

const laptop = severalLedger();
const mini = new SourceHarness([...new Set(recordedHomes.map(({ source }) => source))]);
for (const home of new Map(recordedHomes.map((one) => [one.source.name, one])).values()) home.place(mini);
await mini.scan();
const team = await filledHub({ laptop, mini: mini.ledger });
const single = await filledHub({ laptop });
const prices = new PriceTable([]);
afterAll(async () => {
  await team[Symbol.asyncDispose]();
  await single[Symbol.asyncDispose]();
  mini[Symbol.dispose]();
  laptop[Symbol.dispose]();
});

/** What is printed of a result: JSON, CSV and the lines of a terminal of 80 columns. */
const printed = (result: ReportResult) => ({
  json: jsonText(result.json(result.rows), 2),
  csv: csvOf(result),
  lines: resultLines(result, plain, 80),
});

const direct = (report: Report, options: ReportOptions, hub = team): Promise<ReportResult> =>
  runWithOptions(report, options, zone, hubPlace(hub.hub.ledger, prices, NOW));

const remote = { url: team.server.address, token: team.tokenFor("read"), pin: null };
const asked = async (report: Report, options: ReportOptions): Promise<ReportResult> => {
  return resultOf(await askReport(remote, report, options, ZONE, drawing));
};

const all = reports.map((report) => [report.name, report] as const);
/** Options that some reports take, and the ways to choose machines. */
const sets: readonly ReportOptions[] = [
  {},
  { breakdown: true },
  { machine: "mini" },
  { person: "laptop's person", last: "7d" },
  { limit: "2" },
  { by: "machine" },
  { by: "person", limit: "3" },
];
/** Reports that say something else over a hub: files and accounts are known on the machine only, limits, findings and activity now by machine. */
const OTHERWISE = new Set(["sources", "accounts", "overview", "limits", "diagnostics", "now", "feed"]);
const takes = ({ options }: Report, given: ReportOptions): boolean =>
  Object.keys(given).every((name) => ["machine", "person", ...options].includes(name));

describe("reports over a hub", () => {
  test.each(all)("%s asked of the server prints what it prints over the hub's file", async (_, report) => {
    for (const options of sets.filter((one) => takes(report, one))) {
      expect(printed(await asked(report, options))).toEqual(printed(await direct(report, options)));
    }
  });

  test.each(all.filter(([name, { isAboutHub }]) => !isAboutHub && !OTHERWISE.has(name)))(
    "%s over a hub with one machine prints what that machine prints",
    async (_, report) => {
      const { members: __, ...place } = hubPlace(single.hub.ledger, prices, NOW);
      const own: ReportPlace = { ...place, queries: laptop.queries };
      for (const options of [{}, { breakdown: true } as const].filter((one) => takes(report, one))) {
        const local = printed(await runWithOptions(report, options, zone, own));
        expect(printed(await direct(report, options, single))).toEqual(local);
      }
    },
  );

  test("a machine and a person are selected by name, and their usage adds up to that of all", async () => {
    const totals = async (options: ReportOptions): Promise<number> => {
      const { json, rows } = await asked(daily, options);
      return (json(rows) as { totals: { totalTokens: number } }).totals.totalTokens;
    };
    const [both, one, other] = [
      await totals({}),
      await totals({ machine: "laptop" }),
      await totals({ person: "mini's person" }),
    ];
    expect(one).toBeGreaterThan(0);
    expect(other).toBeGreaterThan(0);
    expect(one + other).toBe(both);
    expect(await totals({ machine: "all" })).toBe(both);
  });

  test("the days of a zone that was asked for are kept from then on", async () => {
    const kept = (): unknown[] =>
      team.hub.ledger.database.query("SELECT DISTINCT ahead FROM usage_day").values().flat();
    const before = new Set(kept());
    await askReport(remote, daily, {}, "Asia/Kathmandu", null);
    expect(new Set(kept()).difference(before)).toEqual(new Set([23]));
  });

  test.each([
    [{ machine: "desktop" }, 'there is no machine "desktop"'],
    [{ person: "eve" }, 'there is no person "eve"'],
    [{ machine: "mini", person: "laptop's person" }, "mini is not a machine of laptop's person"],
    [{ since: "never" }, "not a date"],
    [{ active: true }, "daily takes no active"],
  ] as const)("refuses %j with a message", async (options, message) => {
    await expect(asked(daily, options)).rejects.toMatchObject({
      code: "bad_usage",
      message: expect.stringContaining(message),
    });
  });
});
