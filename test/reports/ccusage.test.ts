import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Costs } from "../../src/pricing/costs.ts";
import { Collector } from "../../src/collector/Collector.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { PriceTable } from "../../src/model/price.ts";
import { reports } from "../../src/reports/registry.ts";
import { sources } from "../../src/sources/registry.ts";
import { cacheFolder } from "../campaigns/e2e/claude.ts";
import { writeCorpus } from "./corpus.ts";
import { contextOf, NOW, queryOf } from "./sample.ts";

/** ccusage 20.0.24, if it is in the cache already: this test downloads nothing. */
const native = `node_modules/@ccusage/ccusage-${process.platform}-${process.arch}/bin/ccusage`;
const ccusage = ["peers", "peers/counting"].map((folder) => join(cacheFolder(), folder, native)).find(existsSync);

type Fields = Readonly<Record<string, unknown>>;

/** Tolerance in dollars: ccusage adds floating-point numbers, we add whole micro-dollars. */
const COST = 0.000_001;
/** Lists without a defined order, and the field that identifies their members. */
const UNORDERED: Readonly<Record<string, string>> = { modelsUsed: "", models: "", modelBreakdowns: "modelName" };

/** Expects every field of theirs in ours, with the same value. */
function expectSame(theirs: unknown, ours: unknown, path: string): void {
  const field = path.split(".").findLast((part) => !/^\d+$/.test(part)) ?? "";
  if (typeof theirs === "number" && /cost/i.test(field)) {
    expect({ path, near: Math.abs(theirs - Number(ours)) <= COST }).toEqual({ path, near: true });
  } else if (Array.isArray(theirs)) {
    const key = UNORDERED[field];
    const order = (list: unknown): unknown[] =>
      key === undefined
        ? (list as unknown[])
        : (list as unknown[]).toSorted((a, b) => (nameOf(a, key) < nameOf(b, key) ? -1 : 1));
    const [left, right] = [order(theirs), order(ours)];
    expect({ path, length: right.length }).toEqual({ path, length: left.length });
    for (const [index, one] of left.entries()) expectSame(one, right[index], `${path}.${index}`);
  } else if (typeof theirs === "object" && theirs !== null) {
    for (const [name, value] of Object.entries(theirs)) {
      expectSame(value, (ours as Fields)[name], `${path}.${name}`);
    }
  } else expect({ path, value: ours }).toEqual({ path, value: theirs });
}

const nameOf = (one: unknown, key: string): string => String(key === "" ? one : (one as Fields)[key]);

describe.skipIf(!ccusage)("reports compared with ccusage", () => {
  const home = mkdtempSync(join(tmpdir(), "pawprint-ccusage-"));
  const ledger = new Ledger(":memory:", () => "harness");

  beforeAll(async () => {
    writeCorpus(home);
    await new Collector(ledger, sources, { env: {}, home, now: () => NOW }).scan("usage");
  });
  afterAll(() => {
    ledger[Symbol.dispose]();
    rmSync(home, { recursive: true, force: true });
  });

  test.each(
    ["daily", "weekly", "monthly", "session", "blocks"].flatMap((name) =>
      ["UTC", "Europe/Berlin", "Asia/Kolkata"].map((zone) => ({ name, zone })),
    ),
  )("$name --json in $zone has the fields and values of ccusage", async ({ name, zone }) => {
    const command = [ccusage ?? "", "claude", name, "--json", "--offline", "--timezone", zone];
    const child = Bun.spawn(command, { env: { HOME: home, TZ: zone }, stdio: ["ignore", "pipe", "ignore"] });
    const theirs = (await new Response(child.stdout).json()) as Fields;
    const context = contextOf(ledger, { costs: new Costs(new PriceTable(), "auto"), log: () => Promise.resolve([]) });
    const result = await reports.find((one) => one.name === name)?.run(queryOf(ledger, { zone }), context);
    expectSame(theirs, JSON.parse(JSON.stringify(result?.json)), name);
  });
});
