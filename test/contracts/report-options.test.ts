import { afterAll, describe, expect, test } from "bun:test";
import { optionsOf, refusedBy } from "../../src/cli/report-options.ts";
import type { Option } from "../../src/commands/contract.ts";
import type { Report } from "../../src/reports/contract.ts";
import type { ReportOptionName } from "../../src/reports/shared/options.ts";
import { reports } from "../../src/reports/registry.ts";
import { sessionId } from "../reports/sample-work.ts";
import { reportHome } from "./report-home.ts";

const home = await reportHome();
afterAll(() => home[Symbol.dispose]());

/** Values that must change the result of every report that takes the option; null for those that change nothing on purpose. */
const VALUES: Readonly<Record<ReportOptionName, readonly string[] | null>> = {
  since: ["2026-11-19", "2026-11-18"],
  until: ["2026-10-20"],
  last: ["1d"],
  project: ["shop"],
  account: [".claude-work"],
  branch: ["main"],
  source: ["codex"],
  model: ["haiku"],
  "cost-mode": ["display"],
  sort: ["?"],
  order: ["asc", "desc"],
  limit: ["1"],
  offset: ["1"],
  match: ["SHOP"],
  breakdown: [],
  active: [],
  id: [sessionId(1).slice(0, 8)],
  "all-days": [],
  "start-of-week": ["wednesday"],
  instances: [],
  by: ["model", "assistant"],
  of: ["cost"],
  offline: null,
  all: null,
};
/** What is asked for besides, so that the option matters; both results have it. */
const BESIDES: Partial<Record<ReportOptionName, readonly string[]>> = { "all-days": ["--branch", "legacy"] };
const NAMES = Object.keys(VALUES) as ReportOptionName[];
const pairs = reports.flatMap((report) => NAMES.map((option) => [report.name, option, report] as const));
/** The home has one machine, whose rows cannot be sorted. */
const isSorted = (report: Report, option: string): boolean =>
  !(report.isAboutHub && /^(?:sort|order|limit|offset)$/.test(option));
const taken = pairs.filter(([, option, report]) => report.options.includes(option) && isSorted(report, option));
const refused = pairs.filter(([, option, report]) => !report.options.includes(option));
const all = reports.map((report) => [report.name, report] as const);

const flagOf = (name: string): string => `${name.length === 1 ? "-" : "--"}${name}`;

/** An option with a value, as arguments; "?" stands for a column that changes the order of the rows. */
async function argsOf(
  report: Report,
  option: Option,
  value: string | undefined,
  flag = flagOf(option.name),
): Promise<string[]> {
  const { order } = await home.run(report, []);
  // Rows without an order of their own can be turned around only once they are sorted.
  const before = option.name === "order" && order === undefined ? ["--sort", await home.unsorted(report)] : [];
  return [
    ...before,
    flag,
    ...(option.value === undefined ? [] : [value === "?" ? await home.unsorted(report) : (value ?? "")]),
  ];
}

const optionNamed = (report: Report, name: string): Option =>
  optionsOf(report).find((one) => one.name === name) ?? { name, description: "" };

describe("every option of every report", () => {
  test.each(taken)("%s --%s changes the result, unless it is there for compatibility", async (_, name, report) => {
    const option = optionNamed(report, name);
    const besides = BESIDES[name] ?? [];
    const plain = await home.print(report, besides);
    const values = VALUES[name];
    if (values === null) return expect(await home.print(report, [`--${name}`])).toEqual(plain);
    const changes: unknown[] = [];
    for (const value of values.length === 0 ? [undefined] : values) {
      const { json, csv, lines } = await home.print(report, [...besides, ...(await argsOf(report, option, value))]);
      changes.push({
        // JSON always has the models of each row.
        json: name === "breakdown" || !Bun.deepEquals(json, plain.json),
        csv: csv !== plain.csv,
        lines: !Bun.deepEquals(lines, plain.lines),
      });
    }
    expect(changes).toContainEqual({ json: true, csv: true, lines: true });
  });

  test.each(refused)("%s --%s is refused with the reports that take it", async (_, option, report) => {
    const { code, message, hint } = await home.error(report, [`--${option}`, "x"]);
    expect({ code, message }).toEqual({ code: "bad_usage", message: `${report.name} takes no --${option}` });
    const takers = reports.filter(({ options }) => options.includes(option)).map(({ name }) => name);
    expect(takers.length).toBeGreaterThan(0);
    expect(hint).toEndWith(takers.join(", "));
  });

  test.each(all)("each option of %s has names of its own, and its aliases mean the same", async (_, report) => {
    const options = optionsOf(report).filter(
      ({ name }) => !["machine", "person"].includes(name) && isSorted(report, name),
    );
    const names = options.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    for (const option of options) {
      const value = option.name === "timezone" ? "UTC" : VALUES[option.name as ReportOptionName]?.[0];
      const result = await home.print(report, await argsOf(report, option, value));
      for (const alias of option.aliases ?? [])
        expect(await home.print(report, await argsOf(report, option, value, flagOf(alias)))).toEqual(result);
    }
  });

  test.each(all)("%s refuses the other options of ccusage with what to do instead", async (_, report) => {
    const names = refusedBy(report).flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(names).toEqual(expect.arrayContaining(["compact", "d", "no-offline", "config", "token-limit"]));
    const { message, hint } = await home.error(report, ["--compact"]);
    expect({ message, hint }).toEqual({
      message: `${report.name} takes no --compact`,
      hint: "leave it out: a table fits the width of the terminal",
    });
  });
});
